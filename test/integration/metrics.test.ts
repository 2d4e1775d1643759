import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { METRICS, type MetricDefinition } from '../../app/telemetry/metrics/catalogue.js';
import { REFUSALS } from '../../app/routes/refusal.js';
import { READING_FIELDS } from '../../app/plates/reading-fields.js';
import { READING_WARNINGS } from '../../app/plates/reading-warnings.js';
import { eventually } from '../testing/eventually.js';
import { HttpClient } from '../testing/http-client.js';
import { lacks } from '../testing/lacks.js';
import { parseMetrics, scrape, sumOf, type Sample } from '../testing/metrics-text.js';
import { exchange, RawConnection } from '../testing/raw-http.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/**
 * Metrics that only a fault or a setting makes grow, and the test that makes them. Every other metric of
 * the catalogue must have grown after the traffic below: a zero alone shows that nothing counts.
 */
const GROWN_ELSEWHERE: Readonly<Record<string, string>> = {
  regno_sentry_events_total: 'test/observability/sentry.test.ts',
  regno_worker_exits_total: 'test/integration/lifecycle.test.ts',
  regno_reloads_total: 'test/integration/reload.test.ts',
  regno_registry_up: 'test/integration/registry.test.ts',
  regno_trace_spans_total: 'test/observability/tracing.test.ts',
  regno_cache_failures_total: 'test/integration/redis-failures.test.ts',
  regno_internal_errors_total: 'test/observability/sentry.test.ts',
};

const DEFINITIONS: readonly MetricDefinition[] = Object.values(METRICS);

const CONNECTION_ENDS = ['evicted', 'full', 'address_full', 'pipelined', 'unread'];

describe.skipIf(lacks('redis-server'))('/metrics of a service under mixed traffic', () => {
  let redis: TestRedis;
  let service: Service;
  const sent = { decided: 0, invalid: 0, unauthorized: 0, notFound: 0 };

  beforeAll(async () => {
    redis = await startRedis();
    service = await startService({
      env: {
        REDIS_URL: redis.url,
        REGNO_LOG_LINES_PER_SECOND: '1',
        REGNO_HEADERS_TIMEOUT_MS: '500',
        REGNO_BODY_TIMEOUT_MS: '500',
      },
    });
    await drive(service, sent);
    return async () => {
      await service.stop();
      await redis.stop();
    };
  });

  it('has had every metric of the catalogue grow, but those that other tests make', async () => {
    const samples = await whenSettled(service, sent);
    const hasGrown = ({ name, kind }: MetricDefinition): boolean => {
      const own = samples.filter(
        (one) => one.name === (kind === 'histogram' ? `${name}_count` : name),
      );
      return kind === 'gauge' ? own.length > 0 : own.some(({ value }) => value > 0);
    };
    const idle = DEFINITIONS.filter((one) => !hasGrown(one)).map(({ name }) => name);
    expect(idle.filter((name) => !(name in GROWN_ELSEWHERE))).toEqual([]);
    expect(sumOf(samples, 'regno_log_lines_dropped_total')).toBeGreaterThan(0);
  });

  it.each(Object.entries(GROWN_ELSEWHERE))('%s grows in %s', async (name, file) => {
    expect(DEFINITIONS.map((one) => one.name)).toContain(name);
    expect(await readFile(file, 'utf8')).toContain(name);
  });

  it('counts over all workers what the clients counted', async () => {
    const samples = await whenSettled(service, sent);
    const requests = (status: string): number =>
      sumOf(samples, 'regno_http_requests_total', { route: '/reg/', method: 'POST', status });
    expect(requests('200')).toBe(sent.decided);
    expect(requests('400')).toBe(sent.invalid);
    expect(requests('401')).toBe(sent.unauthorized);
    expect(sumOf(samples, 'regno_decisions_total')).toBe(sent.decided);
    // Besides: what was not HTTP, and a body that its client left half-way.
    const refused = sumOf(samples, 'regno_refusals_total', { reason: 'bad_request' });
    expect(refused).toBe(sent.invalid + 2);
    const looked = sumOf(samples, 'regno_cache_requests_total', { level: 'memory' });
    expect(looked).toBe(sent.decided + sent.invalid);
    // A reading counts for its camera once, however many requests share its answer.
    const repeated =
      sumOf(samples, 'regno_cache_requests_total', { level: 'memory', result: 'hit' }) +
      sumOf(samples, 'regno_cache_coalesced_total');
    expect(repeated).toBeGreaterThan(0);
    expect(sumOf(samples, 'regno_camera_readings_total')).toBe(sent.decided - repeated);
    const odd = { kind: 'direction_code' };
    expect(sumOf(samples, 'regno_reading_warnings_total', odd)).toBeGreaterThanOrEqual(60);
    // Both workers had their share, and rows of batches are readings that no cache knew.
    const rows = sumOf(samples, 'regno_batch_size_rows_sum');
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThanOrEqual(sent.decided);
    for (const worker of ['1', '2']) {
      expect(sumOf(samples, 'regno_cache_entries', { worker })).toBeGreaterThan(0);
    }
  });

  it('has histograms whose buckets grow to their count', async () => {
    const samples = await scrape(service.url);
    for (const { name, kind, buckets = [] } of DEFINITIONS) {
      if (kind !== 'histogram') continue;
      for (const series of samples.filter((one) => one.name === `${name}_count`)) {
        const isSame = (one: Sample): boolean =>
          Object.entries(series.labels).every(([key, value]) => one.labels[key] === value);
        const counts = samples.filter((one) => one.name === `${name}_bucket` && isSame(one));
        expect(counts.map(({ labels }) => labels['le'])).toEqual([...buckets.map(String), '+Inf']);
        const values = counts.map(({ value }) => value);
        expect(values).toEqual([...values].sort((a, b) => a - b));
        expect(values.at(-1)).toBe(series.value);
      }
    }
  });

  it('says the same whichever worker is asked', async () => {
    await whenSettled(service, sent);
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const samples = await scrape(service.url);
      const stable = samples.filter(
        ({ name, labels }) =>
          /^regno_(http_requests|decisions|refusals|camera|batch|invalid)/.test(name) &&
          labels['route'] !== '/metrics',
      );
      seen.add(JSON.stringify(stable));
    }
    expect(seen.size).toBe(1);
  });

  it('has only names of the catalogue and of the primary, and bounded label values', async () => {
    const samples = await scrape(service.url);
    const known = new Map(DEFINITIONS.map((one) => [one.name, one]));
    const allowed: Readonly<Record<string, readonly string[]>> = {
      route: ['/reg/', '/', '/docs', '/openapi.json', '/health/live', '/health/ready', '/metrics', '/status', '/status.json', 'other'],
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'],
      reason: [...Object.values(REFUSALS).map(({ reason }) => reason), 'clean', 'crash', 'killed', 'hung', ...CONNECTION_ENDS],
      field: [...READING_FIELDS.map(({ name }) => name), 'body'],
      worker: ['1', '2'],
      kind: [...READING_WARNINGS, 'inference', 'unexpected', 'uncaught', 'minor', 'major', 'incremental', 'weak'],
    }; // prettier-ignore
    const odd: Sample[] = [];
    for (const sample of samples) {
      if (sample.name.startsWith('regno_primary_')) continue;
      const definition = known.get(sample.name.replace(/_(bucket|sum|count)$/, ''));
      const labels = Object.entries(sample.labels).filter(([name]) => name !== 'le');
      const isKnown =
        (definition ?? known.get(sample.name))?.labels.join() ===
        labels.map(([name]) => name).join();
      const isBounded = labels.every(
        ([name, value]) => value.length <= 64 && (allowed[name]?.includes(value) ?? true),
      );
      if (!isKnown || !isBounded) odd.push(sample);
    }
    expect(odd).toEqual([]);
    const cameras = new Set(
      samples
        .filter(({ name }) => name === 'regno_camera_readings_total')
        .map(({ labels }) => JSON.stringify(labels)),
    );
    // Sixty of their own, and one for all others.
    expect(cameras.size).toBe(61);
    expect(cameras).toContain(JSON.stringify({ camera_class: 'other', camera_type: 'other' }));
  });

  it.each([
    { which: 'whichever worker', isReloaded: false },
    { which: 'workers that came later too', isReloaded: true },
  ])('shows of a camera that has series all readings, of $which', async ({ isReloaded }) => {
    const READINGS = 6;
    if (isReloaded) {
      service.process.signal('SIGHUP');
      await service.process.line((text) => text.includes('reload done'));
    }
    const named = (samples: readonly Sample[]): Sample[] =>
      samples.filter(({ name, labels }) => {
        return name === 'regno_camera_readings_total' && labels['camera_class'] !== 'other';
      });
    const before = named(await scrape(service.url)).filter(({ labels }) =>
      labels['camera_class']?.startsWith('class '),
    );
    expect(before.length).toBeGreaterThan(30);
    // A connection each, so that both workers have some of every camera.
    await Promise.all(
      before.flatMap(({ labels }, n) =>
        makeReadings(READINGS, (isReloaded ? 2000 : 900) + n).map(async (reading) => {
          const { answers } = await exchange(
            service.port,
            request(JSON.stringify({ ...reading, ...labels })),
            { answers: 1 },
          );
          expect(answers[0]?.status).toBe(200);
        }),
      ),
    );
    sent.decided += before.length * READINGS;
    const after = named(await whenSettled(service, sent));
    for (const { labels, value } of before) {
      const now = after.find((one) => JSON.stringify(one.labels) === JSON.stringify(labels));
      expect(now?.value).toBe(value + READINGS);
    }
  });

  it('has no plate and no key in it', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).not.toContain(API_KEY);
    expect(text).not.toMatch(/[АВЕКМНОРСТУХ]\d{3}[АВЕКМНОРСТУХ]{2}\d{2,3}/);
  });

  it.skipIf(lacks('promtool'))('passes promtool check metrics', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(parseMetrics(text).length).toBeGreaterThan(100);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    const complaints = `${checked.stdout}${checked.stderr}`
      .split('\n')
      // prom-client's own default metrics of the primary are named as they are.
      .filter((line) => line !== '' && !line.startsWith('regno_primary_'));
    expect(complaints).toEqual([]);
  });
});

/** Every kind of request, over both workers. */
async function drive(
  service: Service,
  sent: { decided: number; invalid: number; unauthorized: number; notFound: number },
): Promise<void> {
  const client = new HttpClient(service.port, 16);
  const post = async (body: string, key = API_KEY): Promise<number> =>
    (await client.ask({ headers: { 'x-api-key': key }, body })).status;
  const readings = makeReadings(600, 55).map((reading, i) => ({
    ...reading,
    // More cameras than may have series of their own, some with unruly names.
    camera_class: i % 3 === 0 ? `class ${i}` : i % 3 === 1 ? `a"\n\\${i % 5}` : 'Астра',
    regno_recognize: `_${String(reading['regno_recognize'])}`,
    // Some are odd.
    direction: i % 10 === 0 ? 2 : reading['direction'],
  }));
  const bodies = [...readings, ...readings.slice(0, 100)].map((one) => JSON.stringify(one));
  await Promise.all(
    bodies.map(async (body) => {
      expect(await post(body)).toBe(200);
      sent.decided += 1;
    }),
  );
  // Identical readings in flight: each of them counts, though one is computed.
  const same = JSON.stringify({ ...readings[0], recognition_accuracy: 3.25 });
  const pipelined = Array.from({ length: 5 }, () => request(same)).join('');
  const { answers } = await exchange(service.port, pipelined, { answers: 5 });
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  sent.decided += 5;
  const named = JSON.stringify({ ...readings[0], direction: 'left' });
  for (const body of ['{', '{}', named, named]) {
    expect(await post(body)).toBe(400);
    sent.invalid += 1;
  }
  for (let i = 0; i < 5; i++) {
    expect(await post('{}', 'wrong')).toBe(401);
    sent.unauthorized += 1;
  }
  for (const path of ['/', '/docs', '/openapi.json', '/health/live', `/${'x'.repeat(500)}`]) {
    await client.ask({ method: 'GET', path, headers: { 'x-api-key': API_KEY } });
  }
  client.close();
  await exchange(service.port, 'PROPFIND /reg/ HTTP/1.1\r\nhost: x\r\n\r\n', { answers: 1 });
  await exchange(service.port, 'garbage\r\n\r\n', { answers: 1 });
  // More than a client without a key may ask at once.
  await exchange(service.port, 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(500));
  const left = await RawConnection.open(service.port);
  await left.write(request(same).slice(0, -5));
  left.close();
}

function request(body: string): string {
  return (
    `POST /reg/ HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

/** Waits until every worker's report has reached the primary. */
function whenSettled(service: Service, sent: { decided: number }): Promise<Sample[]> {
  return eventually('all requests counted', async () => {
    const samples = await scrape(service.url);
    const hasGc = samples.some(({ name }) => name === 'regno_worker_gc_seconds_total');
    const isCounted = sumOf(samples, 'regno_decisions_total') >= sent.decided;
    // Among the last things that were done to it, and perhaps to the other worker.
    const hasEnded = sumOf(samples, 'regno_connections_ended_total') > 0;
    return isCounted && hasGc && hasEnded ? samples : undefined;
  });
}
