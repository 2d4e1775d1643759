import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { HttpClient, type ClientRequest } from '../testing/http-client.js';
import { lacks } from '../testing/lacks.js';
import { malformedBodies } from '../testing/malformed-bodies.js';
import { pick, seededRandom } from '../testing/random.js';
import { makeReadings, type WireReading } from '../testing/readings.js';
import { startRedis } from '../testing/start-redis.js';
import { logLine } from '../testing/start-service.js';
import { QUOTED_PLATE, startFaultyService } from './support/faulty-service.js';
import { PlateFinder, findSecrets } from './support/find-secrets.js';
import { startRecordingServer } from './support/recording-server.js';
import { dsnOf, eventsOf } from './support/sentry-events.js';
import { spansOf } from './support/otlp-spans.js';

const READINGS = 10_000;
const SEED = 4711;
const KEY = 'the-right-key-5Jd2';
const HMAC_KEY = 'the-hmac-key-of-this-test';
const SEVERAL = 24;

describe('the finder of plates', () => {
  const plate = 'А123ВС77';
  const utf8 = Buffer.from(plate);
  it.each([
    ['in a sentence', `reading ${plate} failed`],
    ['within a word', `xx${plate}9`],
    ['as \\u escapes', JSON.stringify(plate).replaceAll(/[А-Я]/g, (c) => `\\u0${c.charCodeAt(0).toString(16)}`)],
    ['percent-encoded', encodeURIComponent(plate)],
    ['as Latin-1', utf8.toString('latin1')],
    ['as a printed Buffer', JSON.stringify(utf8)],
    ['in base64', utf8.toString('base64')],
    ['in hex', utf8.toString('hex')],
  ])('finds one %s', (_name, text) => {
    expect(new PlateFinder([plate]).find(`{"a":"${text}"}`).map(({ secret }) => secret)).toContain(
      plate,
    );
  }); // prettier-ignore

  it('finds none where there is none, and a key also within HTTP Basic', () => {
    expect(new PlateFinder([plate]).find('А123ВС78 Стационарная 21d0f5ce98b1')).toEqual([]);
    const header = Buffer.from(`operator:${KEY}`).toString('base64');
    expect(findSecrets([KEY], `authorization: Basic ${header}`)).toHaveLength(1);
  });
});

/** Requests as well-meant, careless and malicious clients send them; each has plates in it. */
function requestsOf(readings: readonly WireReading[], wrongKeys: readonly string[]) {
  const random = seededRandom(SEED);
  const right = { 'x-api-key': KEY };
  const malformed = [...malformedBodies(readings.length / 10, SEED)];
  return readings.map((reading, i): ClientRequest => {
    const body = JSON.stringify(reading);
    const plate = encodeURIComponent(String(reading['afts_regno_ai']));
    switch (i % 20) {
      case 0:
        return { headers: { 'x-api-key': pick(random, wrongKeys) }, body };
      case 1:
        return { headers: right, body: JSON.stringify({ ...reading, time_check: reading['afts_regno_ai'] }) };
      case 2:
        return { headers: right, body: body.slice(0, -10) };
      case 3:
        return { headers: right, path: `/reg/?plate=${plate}&key=${KEY}`, body };
      case 4:
        return { headers: right, path: `/reg/${plate}`, body };
      case 5:
        return { headers: { ...right, 'content-type': 'text/plain', 'user-agent': plate, cookie: `p=${plate}` }, body };
      case 6:
        return { headers: { ...right, 'x-request-id': `${plate}!`, tracestate: `p=${plate}` }, body };
      case 7:
        return { headers: right, body: JSON.stringify({ ...reading, camera_class: 'А123ВС77', camera_type: 'Е999КХ150' }) };
      case 8:
        return { headers: right, body: malformed[i % malformed.length] ?? '' };
      case 9:
        return { headers: { authorization: `Basic ${Buffer.from(`p:${pick(random, wrongKeys)}`).toString('base64')}` }, method: 'GET', path: `/status?${plate}` };
      case 10:
        return { headers: { ...right, traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01` }, body };
      default:
        return { headers: right, body: i % 20 === 11 ? JSON.stringify(body) : body };
    }
  }); // prettier-ignore
}

describe.skipIf(lacks('redis-server'))('after a run with 10,000 readings', () => {
  it('no log, trace, report, metric, page or cache key holds a plate or a key', { timeout: 120_000 }, async () => {
    const [sentry, collector, redis] = await Promise.all([
      startRecordingServer(),
      startRecordingServer(),
      startRedis(),
    ]);
    const service = await startFaultyService({
      env: {
        NODE_ENV: 'production',
        API_KEYS: KEY,
        REDIS_URL: redis.url,
        REGNO_REDIS_TIMEOUT_MS: '500',
        SENTRY_DSN: dsnOf(sentry),
        REGNO_OTLP_URL: `http://127.0.0.1:${collector.port}`,
        REGNO_TRACE_SAMPLE_RATIO: '1',
        LOG_LEVEL: 'debug',
        REGNO_LOG_SAMPLE_RATIO: '1',
        REGNO_LOG_LINES_PER_SECOND: '100000',
        REGNO_LOG_HMAC_KEY: HMAC_KEY,
      },
    });
    const client = new HttpClient(service.port, SEVERAL);
    const operator = { headers: { 'x-api-key': KEY }, method: 'GET' } as const;
    await eventually('Redis', async () => {
      const { body } = await client.ask({ ...operator, path: '/health/ready' });
      return body.includes('"redis":"up"') ? true : undefined;
    });
    const readings = makeReadings(READINGS, SEED);
    const wrongKeys = Array.from({ length: 20 }, (_, i) => `a-wrong-key-${i}-Zq8`);
    const requests = requestsOf(readings, wrongKeys);
    const statuses = new Map<number, number>();
    const send = async (from: number, to: number): Promise<void> => {
      let next = from;
      const one = async (): Promise<void> => {
        for (let at = next++; at < to; at = next++) {
          const { status } = await client.ask(requests[at] ?? {});
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: SEVERAL }, one));
    };
    await send(0, 9000);
    await service.breakModel();
    await send(9000, 9200);
    await service.fixModel();
    await send(9200, READINGS);

    const metrics = await client.ask({ ...operator, path: '/metrics' });
    const status = await client.ask({ ...operator, path: '/status.json' });
    const page = await client.ask({ ...operator, path: '/status' });
    const reader = new Redis(redis.url);
    const keys = await reader.keys('*');
    reader.disconnect();
    service.throwUncaught();
    await service.process.line((line) => line.includes('worker died and is restarted'));
    client.close();
    await service.stop();
    await redis.stop();

    const log = service.process.text;
    const texts = {
      log,
      'Sentry envelopes': sentry.requests.map(({ body }) => body).join('\n'),
      'Sentry headers': JSON.stringify(sentry.requests.map(({ headers }) => headers)),
      spans: collector.requests.map(({ body }) => body).join('\n'),
      metrics: metrics.body,
      'status.json': status.body,
      status: page.body,
      'Redis keys': keys.join('\n'),
    };

    // Each place has what it should have, so that there was something to find.
    for (const expected of [200, 400, 401, 404, 415, 500]) {
      expect(statuses.get(expected), `answers of ${expected}`).toBeGreaterThan(10);
    }
    const lines = log.split('\n').map(logLine).filter((line) => line?.['message'] === 'request');
    expect(lines.length).toBeGreaterThan(READINGS * 0.99);
    expect(lines.filter((line) => line?.['plates'] !== undefined).length).toBeGreaterThan(4000);
    expect(eventsOf(sentry).length).toBeGreaterThan(0);
    expect(spansOf(collector).length).toBeGreaterThan(100);
    expect(keys.length).toBeGreaterThan(4000);
    expect(metrics.body).toContain('regno_camera_readings_total');

    const plates = readings.flatMap((one) => [one['regno_recognize'], one['afts_regno_ai']]);
    const finder = new PlateFinder([...plates.map(String), QUOTED_PLATE, 'А123ВС77', 'Е999КХ150']);
    expect(finder.size).toBeGreaterThan(10_000);
    for (const [place, text] of Object.entries(texts)) {
      expect(finder.find(text).slice(0, 3), place).toEqual([]);
      expect(findSecrets([KEY, HMAC_KEY, ...wrongKeys], text).slice(0, 3), place).toEqual([]);
    }
  }); // prettier-ignore
});
