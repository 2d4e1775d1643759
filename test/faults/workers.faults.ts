import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { freePort } from '../testing/free-port.js';
import { copyModelFolder, falsifyGolden } from '../testing/other-model.js';
import { isAlive, startService, type Service } from '../testing/start-service.js';
import { eventually } from '../testing/eventually.js';
import { P99_MS_MAX, WITNESS_SECONDS } from './settings.js';
import { WITNESS_CONNECTIONS, witness } from './witness.js';

/** A rolling restart of two workers takes a start and a drain for each. */
const ROLL_SECONDS = Math.max(12, WITNESS_SECONDS);
const HANG_TIMEOUT_MS = 2000;
/** Until a hung worker is noticed, killed and replaced, and some time after it. */
const HANG_SECONDS = Math.max(12, WITNESS_SECONDS);
const BLOCKED_MS = 300;
/** What may come on top until all that waited is answered. */
const CATCH_UP_MS = 250;

let service: Service;

beforeEach(async () => {
  service = await startService();
});

afterEach(async () => {
  await service.stop();
});

describe('while a worker', () => {
  it('is killed, at most the requests that it had in flight fail', async () => {
    const [victim = 0] = service.workerPids();
    const seen = await witness(
      'worker killed (SIGKILL)',
      service,
      () => {
        process.kill(victim, 'SIGKILL');
      },
      { countsOnly: true },
    );
    expect(isAlive(victim)).toBe(false);
    // A connection has one request in flight, and the victim had about half of the connections.
    expect(seen.errors).toBeLessThanOrEqual(WITNESS_CONNECTIONS / 2);
    expect(seen.result.outcomes.reset).toBe(seen.errors);
    await service.whenReady(2);
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_worker_exits_total', { reason: 'killed' })).toBe(1);
  });

  it('is replaced, and then the other, no request fails', async () => {
    const old = service.workerPids();
    const seen = await witness(
      'rolling restart (SIGHUP)',
      service,
      async () => {
        service.process.signal('SIGHUP');
        await eventually(
          'new workers only',
          () => Promise.resolve(old.some(isAlive) ? undefined : true),
          ROLL_SECONDS * 1000,
        );
      },
      { seconds: ROLL_SECONDS, countsOnly: true },
    );
    expect(seen.errors).toBe(0);
    await service.whenReady(2);
  });

  it('is blocked, its requests wait for no longer than that and none fails', async () => {
    const [victim = 0] = service.workerPids();
    const seen = await witness(
      `worker stopped for ${BLOCKED_MS} ms (SIGSTOP)`,
      service,
      async () => {
        process.kill(victim, 'SIGSTOP');
        await delay(BLOCKED_MS);
        process.kill(victim, 'SIGCONT');
      },
    );
    expect(seen.errors).toBe(0);
    expect(seen.maxMs).toBeGreaterThan(BLOCKED_MS / 2);
    expect(seen.maxMs).toBeLessThan(BLOCKED_MS + CATCH_UP_MS);
    expect(seen.p90Ms).toBeLessThanOrEqual(P99_MS_MAX);
  });
});

describe('while', () => {
  it('a worker hangs and is replaced, at most the requests that it had in flight fail', async () => {
    await service.stop();
    service = await startService({ env: { REGNO_HANG_TIMEOUT_MS: String(HANG_TIMEOUT_MS) } });
    const [victim = 0] = service.workerPids();
    const seen = await witness(
      `worker hangs (SIGSTOP), noticed after ${HANG_TIMEOUT_MS} ms`,
      service,
      async () => {
        process.kill(victim, 'SIGSTOP');
        await eventually('the hung worker is gone', () =>
          Promise.resolve(isAlive(victim) ? undefined : true),
        );
      },
      { seconds: HANG_SECONDS, countsOnly: true },
    );
    expect(seen.errors).toBeLessThan(WITNESS_CONNECTIONS);
    await service.whenReady(2);
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_worker_exits_total', { reason: 'hung' })).toBe(1);
  });

  it('workers crash after a refused reload, at most what they had in flight fails', async () => {
    await service.stop();
    const folder = await copyModelFolder();
    service = await startService({ env: { MODEL: folder, PORT: String(await freePort()) } });
    const seen = await witness(
      'workers killed, one after the other, after a refused reload',
      service,
      async () => {
        falsifyGolden(folder);
        service.process.signal('SIGHUP');
        await service.process.line((text) => text.includes('reload refused'));
        const old = await eventually('only the old workers', () => {
          const now = service.workerPids();
          return Promise.resolve(now.length === 2 ? now : undefined);
        });
        for (const victim of old) {
          process.kill(victim, 'SIGKILL');
          await eventually('another is started', () => {
            const now = service.workerPids();
            return Promise.resolve(now.length === 2 && !now.includes(victim) ? true : undefined);
          });
          await service.whenReady(2);
        }
      },
      { seconds: ROLL_SECONDS, countsOnly: true },
    );
    // The second victim may have all connections, as the first one's went to it.
    expect(seen.errors).toBeLessThan(2 * WITNESS_CONNECTIONS);
    expect(seen.result.outcomes.reset).toBe(seen.errors);
    await service.whenReady(2);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });
});
