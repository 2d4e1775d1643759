import { hostname } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { createRedactor } from '../../app/telemetry/logs/redact.js';
import { createErrorReporter } from '../../app/telemetry/errors/sentry.js';
import { Faults, type FaultNote } from '../../app/telemetry/errors/faults.js';
import { REGNO_VERSION } from '../../app/version.js';
import { eventually } from '../testing/eventually.js';
import { HttpClient } from '../testing/http-client.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY } from '../testing/start-service.js';
import { shippedModel } from '../testing/test-model.js';
import { QUOTED_PLATE, startFaultyService } from './support/faulty-service.js';
import { startRecordingServer } from './support/recording-server.js';
import { dsnOf, eventsOf } from './support/sentry-events.js';

const KEY = { 'x-api-key': API_KEY };

describe('faults of the real service', { timeout: 90_000 }, () => {
  it('arrive at Sentry once, grouped, and with nothing about persons or hosts', async () => {
    const sentry = await startRecordingServer();
    const { identity } = await shippedModel();
    const env = { SENTRY_DSN: dsnOf(sentry), WORKERS: '1' };
    const service = await startFaultyService({ env });
    const client = new HttpClient(service.port, 64);
    const readings = makeReadings(64, 3);
    await service.breakModel();

    // Sent together, so that the first batches hold many of them.
    const answers = await Promise.all(
      readings.map((reading, i) =>
        client.ask({
          headers: { ...KEY, 'x-request-id': `broken-${i}` },
          body: JSON.stringify(reading),
        }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([500]));
    expect(answers[0]?.body).not.toContain(QUOTED_PLATE);

    await eventually('an event in Sentry', () =>
      Promise.resolve(eventsOf(sentry).length > 0 ? true : undefined),
    );
    const samples = await eventually('the count of sent events', async () => {
      const now = await scrape(service.url);
      const sent = sumOf(now, 'regno_sentry_events_total', { result: 'sent' });
      return sent === eventsOf(sentry).length ? now : undefined;
    });
    // One event per failed batch; a slow machine makes small batches, and then the limit holds.
    const failures = sumOf(samples, 'regno_internal_errors_total', { kind: 'inference' });
    const dropped = sumOf(samples, 'regno_sentry_events_total', { result: 'dropped' });
    const events = eventsOf(sentry);
    expect(events.length + dropped).toBe(failures);
    expect(failures).toBeLessThan(64);
    expect(new Set(events.map(({ fingerprint }) => fingerprint.join()))).toHaveProperty('size', 1);
    const [event] = events;
    expect(event).toMatchObject({
      release: `regno@${REGNO_VERSION}`,
      environment: 'development',
      tags: {
        kind: 'inference',
        model: `${identity.name}@${identity.version}`,
        modelDigest: identity.digest,
        process: 'worker-1',
      },
    });
    expect(event?.tags['requestId']).toMatch(/^broken-\d+$/);
    for (const absent of ['request', 'user', 'server_name', 'breadcrumbs', 'extra', 'modules']) {
      expect(event).not.toHaveProperty(absent);
    }

    await service.fixModel();
    service.throwUncaught();
    await eventually('the uncaught error in Sentry', () =>
      Promise.resolve(eventsOf(sentry).find(({ tags }) => tags['kind'] === 'uncaught')),
    );
    await eventually('the end of the worker in Sentry', () =>
      Promise.resolve(eventsOf(sentry).find(({ tags }) => tags['kind'] === 'worker')),
    );
    await service.whenReady(1);

    const everything = sentry.requests.map(({ body }) => body).join('\n');
    const secrets = [
      QUOTED_PLATE,
      API_KEY,
      hostname(),
      '127.0.0.1:',
      ...readings.flatMap((one) => [one['regno_recognize'], one['afts_regno_ai']]).map(String),
    ].filter((secret) => secret.length >= 4);
    expect(secrets.filter((secret) => holds(everything, secret))).toEqual([]);
    client.close();
    await service.stop();
  });

  it('are out before a stop ends', async () => {
    const sentry = await startRecordingServer();
    const service = await startFaultyService({ env: { SENTRY_DSN: dsnOf(sentry), WORKERS: '1' } });
    const client = new HttpClient(service.port, 1);
    await service.breakModel();
    await client.ask({ headers: KEY, body: JSON.stringify(makeReadings(1, 4)[0]) });
    client.close();
    await service.stop();
    expect(eventsOf(sentry)).toHaveLength(1);
  });
});

describe('the reporter', () => {
  const redact = createRedactor([]);
  const base = { environment: 'test', release: 'regno@0', tags: {}, redact };

  it('counts as sent what Sentry took, and as dropped what it refused or never got', async () => {
    const sentry = await startRecordingServer();
    const fates: string[] = [];
    const reporter = await createErrorReporter({
      ...base,
      dsn: dsnOf(sentry),
      onEvent: (fate) => fates.push(fate),
    });
    const report = async (message: string): Promise<void> => {
      const count = fates.length;
      reporter.report(new Error(message), { kind: 'unexpected' });
      await eventually('the fate of an event', () =>
        Promise.resolve(fates.length > count ? true : undefined),
      );
    };
    await report('taken');
    sentry.answerWith(500);
    await report('refused');
    sentry.answerWith(429, { 'retry-after': '60' });
    await report('too many');
    sentry.answerWith(200);
    await report('held back, as Sentry asked to');
    expect(fates).toEqual(['sent', 'dropped', 'dropped', 'dropped']);
    expect(sentry.requests).toHaveLength(3);
  });

  it('is not even loaded without a DSN', async () => {
    vi.doMock('@sentry/node', () => {
      throw new Error('loaded');
    });
    const silent = { ...base, onEvent: () => undefined };
    const reporter = await createErrorReporter({ ...silent, dsn: undefined });
    reporter.report(new Error('for nobody'), { kind: 'unexpected' });
    await reporter.flush(1000);
    await expect(createErrorReporter({ ...silent, dsn: 'http://k@127.0.0.1/1' })).rejects.toThrow();
    vi.doUnmock('@sentry/node');
  });
});

describe('faults', () => {
  function desk() {
    let time = 0;
    const lines: unknown[] = [];
    const notes: FaultNote[] = [];
    let heldBack = 0;
    const reported: unknown[] = [];
    const faults = new Faults({
      process: 'worker-1',
      log: { error: ((...line: unknown[]) => lines.push(line)) as never },
      reporter: { report: (error) => reported.push(error), flush: () => Promise.resolve() },
      note: (note) => notes.push(note),
      redact: createRedactor([]),
      onHeldBack: () => (heldBack += 1),
      now: () => time,
    });
    return {
      faults,
      lines,
      notes,
      reported,
      heldBack: () => heldBack,
      pass: (s: number) => (time += s),
    };
  }

  it('are reported once where one error ends many requests', () => {
    const { faults, lines, reported, notes } = desk();
    const error = new Error('the batch failed for А123ВС77');
    for (let i = 0; i < 64; i += 1) {
      faults.report('request failed', error, { kind: 'inference', requestId: `r${i}` });
    }
    expect([lines.length, reported.length, notes.length]).toEqual([1, 1, 1]);
    expect(notes[0]).toMatchObject({ requestId: 'r0', kind: 'inference' });
    expect(JSON.stringify([lines, notes])).not.toContain('А123');
  });

  it('are reported ten times a second at the most, and the others are counted', () => {
    const { faults, reported, heldBack, pass } = desk();
    for (let i = 0; i < 25; i += 1)
      faults.report('x', new Error(String(i)), { kind: 'unexpected' });
    expect([reported.length, heldBack()]).toEqual([10, 15]);
    pass(1);
    faults.report('x', new Error('later'), { kind: 'unexpected' });
    expect([reported.length, heldBack()]).toEqual([11, 15]);
  });

  it('that end the process are reported beyond that limit', () => {
    const { faults, reported } = desk();
    for (let i = 0; i < 25; i += 1)
      faults.report('x', new Error(String(i)), { kind: 'unexpected' });
    faults.report('x', new Error('the end'), { kind: 'uncaught' });
    expect(reported.at(-1)).toEqual(new Error('the end'));
  });
});

/** A few digits stand inside some longer id or time by chance: of those, only a word of its own counts. */
function holds(text: string, secret: string): boolean {
  if (!/^[0-9a-f]{1,5}$/i.test(secret)) return text.includes(secret);
  return new RegExp(`(?<![0-9a-f.])${secret}(?![0-9a-f])`, 'i').test(text);
}
