import { describe, expect, it } from 'vitest';
import { GeneratorMetrics, serveMetrics } from './metrics-server.js';
import { LATENCY_EDGES_SECONDS, METRICS } from './metrics.js';
import { OUTCOMES } from './outcomes.js';
import { SampleBuffer } from './sample-batch.js';

async function scrape(metrics: GeneratorMetrics): Promise<string> {
  const server = await serveMetrics(metrics, 0);
  try {
    const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    return await answer.text();
  } finally {
    await server.close();
  }
}

describe("the generator's /metrics", () => {
  it('exposes exactly what the catalogue names, every outcome from the start', async () => {
    const text = await scrape(new GeneratorMetrics());
    const found = [...text.matchAll(/^# TYPE (regno_generator_\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    const wanted = Object.values(METRICS).map(({ name, type }) => `${name} ${type}`);
    expect(found.toSorted()).toEqual(wanted.toSorted());
    for (const outcome of OUTCOMES) {
      expect(text).toContain(`regno_generator_requests_total{outcome="${outcome}"} 0`);
    }
  });

  it('counts what the threads report', async () => {
    const metrics = new GeneratorMetrics();
    const samples = new SampleBuffer((batch) => metrics.addSamples(batch));
    samples.add(0, 0.2, 3, 2.5, 'ok');
    samples.add(2, 5, 30, 20, 'ok');
    samples.add(4, 50, 500, NaN, 'timeout');
    samples.add(6, 0, 1, 1, 'status_503');
    samples.send();
    const text = await scrape(metrics);
    for (const line of [
      'regno_generator_requests_total{outcome="ok"} 2',
      'regno_generator_requests_total{outcome="timeout"} 1',
      'regno_generator_requests_total{outcome="status_503"} 1',
      'regno_generator_late_sends_total{behind="1ms"} 1',
      'regno_generator_late_sends_total{behind="10ms"} 1',
      'regno_generator_latency_seconds_bucket{le="0.005"} 1',
      'regno_generator_latency_seconds_count 3',
      'regno_generator_service_seconds_count 2',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('shows the state of all threads together', async () => {
    const metrics = new GeneratorMetrics();
    const state = {
      inflight: 3,
      waiting: 1,
      connectionsOpen: 8,
      intendedRate: 25,
      roadHour: 7.5,
      utilization: 0.25,
    };
    metrics.setStates([state, { ...state, utilization: 0.5 }]);
    const text = await scrape(metrics);
    expect(text).toContain('regno_generator_inflight 6\n');
    expect(text).toContain('regno_generator_intended_rate 50\n');
    expect(text).toContain('regno_generator_utilization_ratio 0.5\n');
    expect(text).toContain('regno_generator_road_hour 7.5\n');
  });

  it('has edges that rise', () => {
    expect([...LATENCY_EDGES_SECONDS].sort((a, b) => a - b)).toEqual([...LATENCY_EDGES_SECONDS]);
  });
});
