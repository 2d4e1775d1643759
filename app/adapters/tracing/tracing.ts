import type { FinishedRequest } from '../../routes/request-context.js';
import {
  beginTrace,
  continueTrace,
  openSampledTraces,
  type OpenTrace,
} from '../../services/trace-context.js';
import type { ModelIdentity } from '../../services/ports.js';
import type { SpanFate } from './span-queue.js';
import type { StageTracer } from './stage-tracer.js';

export interface TracingOptions {
  /** OTLP over HTTP, e.g. `http://collector:4318`; without it nothing is exported or even loaded. */
  readonly url: string | undefined;
  /** Share of requests that are traced where the caller has not decided, 0..1. */
  readonly sampleRatio: number;
  readonly version: string;
  readonly environment: string;
  /** The worker's slot. */
  readonly slot: string;
  readonly model: ModelIdentity;
  readonly onSpans: (fate: SpanFate, count: number) => void;
  /** Seconds on the clock of the requests' start. */
  readonly now: () => number;
}

export interface Tracing {
  readonly open: OpenTrace;
  /** Wraps the decision path; undefined where tracing is off. */
  readonly stages: StageTracer | undefined;
  /**
   * Sends the spans of a request that was sampled or failed.
   *
   * @returns the request, with the trace that it got where it failed without one
   */
  finished(request: FinishedRequest): FinishedRequest;
  /** Sends what waits, so long at the most. */
  stop(timeoutMs: number): Promise<void>;
}

/** A caller's trace is continued and answered; nothing is recorded. */
const NO_TRACING: Tracing = {
  open: continueTrace,
  stages: undefined,
  finished: (request) => request,
  stop: () => Promise.resolve(),
};

/** Time that the collector has to take a batch. */
const EXPORT_TIMEOUT_MS = 2000;
/** Traces of a second that callers may ask for, or that failed: beyond, they are dropped. */
const TRACES_PER_SECOND_MAX = 100;
/** Of OTLP's paths, the one for traces. */
const TRACES_PATH = '/v1/traces';

/**
 * Traces in OpenTelemetry's form, made by hand: a request and its stages become spans once the
 * request is over, and only where it was sampled or failed. The SDK's automatic instrumentation is
 * not used: it costs more than a decision does (docs/tracing.md).
 */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  if (options.url === undefined) return NO_TRACING;
  const [{ SpanQueue }, { SpanWriter }, { StageTracer }, { OTLPTraceExporter }] = await Promise.all(
    [
      import('./span-queue.js'),
      import('./span-writer.js'),
      import('./stage-tracer.js'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ],
  );
  const exporter = new OTLPTraceExporter({
    url: endpointOf(options.url),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const queue = new SpanQueue({ exporter, onSpans: options.onSpans });
  const writer = new SpanWriter(queue, options);
  const budget = new Budget(options.now);
  const sampled = (parent: boolean | undefined): boolean => {
    const wanted = parent ?? Math.random() < options.sampleRatio;
    if (!wanted) return false;
    if (!queue.isFull && budget.takes()) return true;
    options.onSpans('dropped', 1);
    return false;
  };
  const failed = (request: FinishedRequest): FinishedRequest => {
    if (request.status === 'aborted' || request.status < 500) return request;
    if (!budget.takes()) {
      options.onSpans('dropped', 1);
      return request;
    }
    const trace = request.trace ?? beginTrace();
    writer.write(request, trace);
    return { ...request, trace };
  };
  return {
    open: openSampledTraces(sampled),
    stages: new StageTracer(options.now),
    finished: (request) => {
      const { trace } = request;
      if (trace?.sampled !== true) return failed(request);
      writer.write(request, trace);
      return request;
    },
    stop: async (timeoutMs) => {
      await Promise.race([queue.shutdown(), new Promise((r) => setTimeout(r, timeoutMs).unref())]);
    },
  };
}

/** So many traces a second: a caller that samples everything, or a burst of errors, is bounded. */
class Budget {
  #windowStart = -Infinity;
  #taken = 0;

  constructor(private readonly now: () => number) {}

  takes(): boolean {
    const now = this.now();
    if (now - this.#windowStart >= 1) {
      this.#windowStart = now;
      this.#taken = 0;
    }
    this.#taken += 1;
    return this.#taken <= TRACES_PER_SECOND_MAX;
  }
}

function endpointOf(url: string): string {
  const endpoint = new URL(url);
  if (endpoint.pathname === '/') endpoint.pathname = TRACES_PATH;
  return endpoint.href;
}
