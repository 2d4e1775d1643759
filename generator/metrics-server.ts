import http from 'node:http';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ThreadState } from './load-plan.js';
import { LATENCY_EDGES_SECONDS, METRICS, type MetricEntry } from './metrics.js';
import { OUTCOMES, countsAsLatency } from './outcomes.js';
import { STRIDE, type SampleBatch } from './sample-batch.js';

/** The generator's own metrics, fed with what the threads report. */
export class GeneratorMetrics {
  readonly registry = new Registry();
  readonly #requests = this.#counter(METRICS.requests);
  readonly #lateSends = this.#counter(METRICS.lateSends);
  readonly #latency = this.#histogram(METRICS.latency);
  readonly #service = this.#histogram(METRICS.service);
  readonly #intendedRate = this.#gauge(METRICS.intendedRate);
  readonly #inflight = this.#gauge(METRICS.inflight);
  readonly #waiting = this.#gauge(METRICS.waiting);
  readonly #connections = this.#gauge(METRICS.connections);
  readonly #utilization = this.#gauge(METRICS.utilization);
  readonly #roadHour = this.#gauge(METRICS.roadHour);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    // Every series is there from the start, so that a first error is a rise from 0 and not from nothing.
    for (const outcome of OUTCOMES) this.#requests.inc({ outcome }, 0);
    for (const behind of ['1ms', '10ms']) this.#lateSends.inc({ behind }, 0);
  }

  addSamples(batch: SampleBatch): void {
    const counts = new Float64Array(OUTCOMES.length);
    let over1Ms = 0;
    let over10Ms = 0;
    for (let i = 0; i < batch.count; i += 1) {
      const code = batch.outcomes[i] ?? 0;
      counts[code] = (counts[code] ?? 0) + 1;
      const [latenessMs = 0, latencyMs = 0, serviceMs = NaN] = timesOf(batch, i);
      if (latenessMs > 10) over10Ms += 1;
      else if (latenessMs > 1) over1Ms += 1;
      if (!countsAsLatency(OUTCOMES[code] ?? 'ok')) continue;
      this.#latency.observe(latencyMs / 1_000);
      if (!Number.isNaN(serviceMs)) this.#service.observe(serviceMs / 1_000);
    }
    for (const [code, outcome] of OUTCOMES.entries()) {
      const count = counts[code] ?? 0;
      if (count > 0) this.#requests.inc({ outcome }, count);
    }
    this.#lateSends.inc({ behind: '1ms' }, over1Ms);
    this.#lateSends.inc({ behind: '10ms' }, over10Ms);
  }

  setStates(states: readonly ThreadState[]): void {
    const sum = (pick: (state: ThreadState) => number): number =>
      states.reduce((total, state) => total + pick(state), 0);
    this.#intendedRate.set(sum((state) => state.intendedRate));
    this.#inflight.set(sum((state) => state.inflight));
    this.#waiting.set(sum((state) => state.waiting));
    this.#connections.set(sum((state) => state.connectionsOpen));
    this.#utilization.set(Math.max(0, ...states.map((state) => state.utilization)));
    const hour = states[0]?.roadHour ?? NaN;
    if (!Number.isNaN(hour)) this.#roadHour.set(hour);
  }

  #counter(entry: MetricEntry): Counter {
    return new Counter(this.#config(entry));
  }

  #gauge(entry: MetricEntry): Gauge {
    return new Gauge(this.#config(entry));
  }

  #histogram(entry: MetricEntry): Histogram {
    return new Histogram({ ...this.#config(entry), buckets: [...LATENCY_EDGES_SECONDS] });
  }

  #config(entry: MetricEntry) {
    const { name, help, labels } = entry;
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }
}

/** A running /metrics endpoint. */
export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves GET /metrics and GET /health on every interface; port 0 takes a free one. */
export async function serveMetrics(
  metrics: GeneratorMetrics,
  port: number,
): Promise<MetricsServer> {
  const server = http.createServer((request, response) => {
    void answer(metrics, request.url ?? '/', response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  metrics: GeneratorMetrics,
  path: string,
  response: http.ServerResponse,
): Promise<void> {
  if (path === '/health') {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n');
  } else if (path === '/metrics') {
    const text = await metrics.registry.metrics();
    response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text);
  } else {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('see /metrics\n');
  }
}

/** Lateness, latency and service of one request of a batch, ms. */
function timesOf(batch: SampleBatch, i: number): Float64Array {
  return batch.times.subarray(i * STRIDE + 1, (i + 1) * STRIDE);
}
