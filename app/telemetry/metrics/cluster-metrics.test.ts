import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PrimaryUnavailable } from '../../serving/primary-unavailable.js';
import { TooManyAskers } from '../../serving/shared-read.js';
import { ClusterMetrics, type Scraped } from './cluster-metrics.js';

const PLAIN = { accept: undefined, takesGzip: false };
const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Scrapes that answer with their number, unless the test makes them fail. */
function createMetrics() {
  const state = { scrapes: 0, failure: undefined as Error | undefined };
  const metrics = new ClusterMetrics((): Promise<Scraped> => {
    if (state.failure !== undefined) return Promise.reject(state.failure);
    state.scrapes += 1;
    const text = `# TYPE a_total counter\na_total ${state.scrapes}\n`;
    return Promise.resolve({ contentType: TYPE, text });
  });
  return { metrics, state };
}

describe('ClusterMetrics', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads the primary once for all forms that are asked for together', async () => {
    const { metrics, state } = createMetrics();
    const openMetrics = { accept: 'application/openmetrics-text', takesGzip: false };
    const [plain, gzipped, open] = await Promise.all([
      metrics.read(PLAIN),
      metrics.read({ ...PLAIN, takesGzip: true }),
      metrics.read(openMetrics),
    ]);
    expect(state.scrapes).toBe(1);
    expect(plain).toMatchObject({ contentType: TYPE, isGzip: false, ageSeconds: 0 });
    expect(plain.body.toString()).toContain('a_total 1\n');
    expect(gunzipSync(gzipped.body)).toEqual(plain.body);
    expect(gzipped.isGzip).toBe(true);
    expect(open.contentType).toContain('openmetrics');
    expect(open.body.toString()).toContain('# EOF');
  });

  it('turns away a flood, and answers the scrapes before and after it', async () => {
    const { metrics, state } = createMetrics();
    const asked = await Promise.allSettled(Array.from({ length: 5000 }, () => metrics.read(PLAIN)));
    const refused = asked.flatMap((one): unknown[] =>
      one.status === 'rejected' ? [one.reason] : [],
    );
    expect(state.scrapes).toBe(1);
    expect(refused).toHaveLength(5000 - 64);
    expect(refused.every((error) => error instanceof TooManyAskers)).toBe(true);
    await vi.advanceTimersByTimeAsync(200);
    expect((await metrics.read(PLAIN)).body.toString()).toContain('a_total 2\n');
  });

  it('gives what was read last, with its age, where the primary is silent', async () => {
    const { metrics, state } = createMetrics();
    await metrics.read(PLAIN);
    state.failure = new PrimaryUnavailable('silent');
    await vi.advanceTimersByTimeAsync(12_500);
    const old = await metrics.read(PLAIN);
    expect(old.ageSeconds).toBe(12);
    expect(old.body.toString()).toContain('a_total 1\n');
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(metrics.read(PLAIN)).rejects.toBe(state.failure);
  });

  it('passes on any other failure', async () => {
    const { metrics, state } = createMetrics();
    await metrics.read(PLAIN);
    state.failure = new Error('a fault of regno');
    await vi.advanceTimersByTimeAsync(1000);
    await expect(metrics.read(PLAIN)).rejects.toBe(state.failure);
  });
});
