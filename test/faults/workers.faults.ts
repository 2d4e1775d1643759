import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { freePort } from '../../tools/free-port.js';
import { copyModelFolder, falsifyGolden } from '../testing/other-model.js';
import { isAlive, startService, type Service } from '../testing/start-service.js';
import { eventually } from '../testing/eventually.js';
import { P99_MS_MAX, RECOVERY_MS, WITNESS_SECONDS } from './settings.js';
import {
  WITNESS_CONNECTIONS,
  expectUndisturbed,
  recover,
  witness,
  type Witnessed,
} from './witness.js';

// What a worker had in flight ends with its process: nobody can answer it any more, and to score it
// again is the client's to decide. So a worker that is killed, crashes or hangs may cost its requests,
// of which a connection has one; they are counted here and not timed. All others keep to the limit.

/** Until a hung worker is noticed, or two are replaced in turn, and some time after it. */
const SECONDS = Math.max(12, WITNESS_SECONDS);
const HANG_TIMEOUT_MS = 2000;
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
    const fault = 'worker killed (SIGKILL)';
    const seen = await witness(
      fault,
      service,
      async () => {
        process.kill(victim, 'SIGKILL');
        await recover(fault, (timeoutMs) => whenReplaced('killed', 1, timeoutMs));
      },
      SECONDS,
    );
    // The victim had about half of the connections.
    expectOnlyLost(seen, WITNESS_CONNECTIONS / 2);
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
          SECONDS * 1000,
        );
      },
      SECONDS,
    );
    expectUndisturbed(seen);
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
      SECONDS,
    );
    expectUndisturbed(seen);
    // Those that waited: one for each connection of the victim.
    expect(seen.maxMs).toBeGreaterThan(BLOCKED_MS / 2);
    expect(seen.maxMs).toBeLessThan(BLOCKED_MS + CATCH_UP_MS);
  });
});

describe('while', () => {
  it('a worker hangs and is replaced, at most the requests that it had in flight fail', async () => {
    await service.stop();
    service = await startService({ env: { REGNO_HANG_TIMEOUT_MS: String(HANG_TIMEOUT_MS) } });
    const [victim = 0] = service.workerPids();
    const fault = `worker hangs (SIGSTOP), noticed after ${HANG_TIMEOUT_MS} ms`;
    const seen = await witness(
      fault,
      service,
      async () => {
        process.kill(victim, 'SIGSTOP');
        await eventually(
          'the hung worker is gone',
          () => Promise.resolve(isAlive(victim) ? undefined : true),
          HANG_TIMEOUT_MS + RECOVERY_MS,
        );
        await recover(fault, (timeoutMs) => whenReplaced('hung', 1, timeoutMs));
      },
      SECONDS,
    );
    expectOnlyLost(seen, WITNESS_CONNECTIONS / 2);
  });

  it('workers crash after a refused reload, at most what they had in flight fails', async () => {
    await service.stop();
    const folder = await copyModelFolder();
    service = await startService({ env: { MODEL: folder, PORT: String(await freePort()) } });
    const fault = 'workers killed, one after the other, after a refused reload';
    const seen = await witness(
      fault,
      service,
      async () => {
        falsifyGolden(folder);
        service.process.signal('SIGHUP');
        await service.process.line((text) => text.includes('reload refused'));
        // The worker that tried the new model is killed too.
        await whenReplaced('killed', 1, RECOVERY_MS);
        for (const [i, victim] of service.workerPids().entries()) {
          process.kill(victim, 'SIGKILL');
          await recover(fault, (timeoutMs) => whenReplaced('killed', i + 2, timeoutMs));
        }
      },
      SECONDS,
    );
    // The second victim may have all connections, as the first one's went to it.
    expectOnlyLost(seen, 1.5 * WITNESS_CONNECTIONS);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });
});

/** A client keeps what is promised but for the requests that were with the worker that is gone. */
function expectOnlyLost(seen: Witnessed, lostMax: number): void {
  expect(seen.errors).toBeLessThanOrEqual(lostMax);
  expect(seen.result.outcomes.reset).toBe(seen.errors);
  expect(seen.p99Ms).toBeLessThanOrEqual(P99_MS_MAX);
}

/** Waits until so many workers ended for that reason, and all that there should be are ready. */
async function whenReplaced(reason: string, count: number, timeoutMs: number): Promise<void> {
  await eventually(
    'workers are replaced',
    async () => {
      // Of one scrape: an older one would show the worker that is gone as ready.
      const samples = await scrape(service.url);
      const ended = sumOf(samples, 'regno_worker_exits_total', { reason });
      const ready = sumOf(samples, 'regno_workers', { state: 'ready' });
      return ended === count && ready === 2 ? true : undefined;
    },
    timeoutMs,
  );
}
