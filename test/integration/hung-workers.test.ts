import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { isAlive, launchService, logLine, startService } from '../testing/start-service.js';
import type { TestProcess } from '../testing/child-process.js';

vi.setConfig({ testTimeout: 240_000 });

/** Longer than a busy machine may keep a worker waiting. */
const HANG_TIMEOUT_MS = 4000;
/** Not a wait for something: a pause of this length is the fault. */
const LONGER_THAN_A_HANG_MS = 2.5 * HANG_TIMEOUT_MS;

describe('a worker that hangs', () => {
  it('is killed and replaced, which log and metrics say', async () => {
    const service = await startService({
      env: { REGNO_HANG_TIMEOUT_MS: String(HANG_TIMEOUT_MS) },
    });
    const [victim = 0] = service.workerPids();
    process.kill(victim, 'SIGSTOP');
    const line = await service.process.line((text) => text.includes('does not respond'));
    expect(logLine(line)).toMatchObject({ pid: victim, state: 'ready', level: 'error' });
    await eventually('it is gone', () => Promise.resolve(isAlive(victim) ? undefined : true));
    await service.whenReady(2);
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_worker_exits_total', { reason: 'hung' })).toBe(1);
    expect(sumOf(samples, 'regno_worker_exits_total', { reason: 'killed' })).toBe(0);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('is none where the primary itself was stopped for longer', async () => {
    const service = await startService({
      env: { REGNO_HANG_TIMEOUT_MS: String(HANG_TIMEOUT_MS) },
    });
    const before = service.workerPids();
    service.process.signal('SIGSTOP');
    await delay(LONGER_THAN_A_HANG_MS);
    service.process.signal('SIGCONT');
    // Time for the watchdog to look.
    await delay(HANG_TIMEOUT_MS / 2);
    expect(service.workerPids()).toEqual(before);
    expect(service.process.text).not.toContain('does not respond');
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('in its start is killed, and a reload that waits for it is refused', async () => {
    const service = await startService({
      env: { WORKERS: '1', REGNO_START_TIMEOUT_MS: '15000' },
    });
    const [old] = service.workerPids();
    service.process.signal('SIGHUP');
    const next = await eventually('a new worker', () =>
      Promise.resolve(service.workerPids().find((pid) => pid !== old)),
    );
    process.kill(next, 'SIGSTOP');
    const line = await service.process.line((text) => text.includes('reload refused'));
    expect(logLine(line)?.['reason']).toContain('SIGKILL');
    await service.whenReady(1);
    expect(service.workerPids()).toEqual([old]);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a service whose workers are all gone', () => {
  it('ends with code 1 where none can start in time', async () => {
    const service = await startService({ env: { REGNO_START_TIMEOUT_MS: '15000' } });
    const killer = setInterval(() => {
      for (const pid of service.workerPids()) kill(pid);
    }, 50);
    try {
      expect(await service.process.exited).toEqual({ code: 1, signal: null });
    } finally {
      clearInterval(killer);
    }
    expect(service.process.text).toContain('no worker could start in time; giving up');
    expect(service.process.text).toContain('"message":"regno has stopped"');
  });
});

describe('a worker that was stopped when its primary was killed', () => {
  it('ends once it continues; until then a start says that it holds the port', async () => {
    const port = String(await freePort());
    const service = await startService({ env: { PORT: port, WORKERS: '1' } });
    const [orphan = 0] = service.workerPids();
    process.kill(orphan, 'SIGSTOP');
    try {
      // Its end is not awaited: the orphan holds its standard output too.
      service.process.signal('SIGKILL');
      await eventually('the primary is gone', () =>
        Promise.resolve(isAlive(service.process.pid) ? undefined : true),
      );
      expect(isAlive(orphan)).toBe(true);
      const second = await failedStart(port);
      expect(second.text).toContain('EADDRINUSE');
      expect(second.text).toContain('a regno worker whose primary is gone');
      expect(second.text).toContain(`kill -9 ${orphan})`);
    } finally {
      process.kill(orphan, 'SIGCONT');
    }
    await eventually('the orphan is gone', () =>
      Promise.resolve(isAlive(orphan) ? undefined : true),
    );
    const third = await startService({ env: { PORT: port, WORKERS: '1' } });
    // A service that is whole is named by its primary.
    const fourth = await failedStart(port);
    expect(fourth.text).toContain(`held by process ${third.process.pid} (`);
    expect(fourth.text).not.toContain('primary is gone');
    expect(await third.stop()).toEqual({ code: 0, signal: null });
  });
});

async function failedStart(port: string): Promise<TestProcess> {
  const service = launchService({ env: { PORT: port, WORKERS: '1' } });
  expect(await service.exited).toEqual({ code: 1, signal: null });
  return service;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
