import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { isAlive, launchService, logLine, startService } from '../testing/start-service.js';
import { catches } from '../testing/signal-mask.js';

vi.setConfig({ testTimeout: 120_000 });

/** Waits until a process takes signals; Node itself has no handler for SIGHUP. */
async function whenTaken(pid: number): Promise<void> {
  await eventually('SIGHUP has a listener', () =>
    Promise.resolve(catches(pid, 'SIGHUP') ? true : undefined),
  );
}

describe('signals in the first moments of the primary', () => {
  it('SIGHUP is kept until the service is ready, which it becomes', async () => {
    const service = launchService();
    await whenTaken(service.pid);
    // Nothing is loaded yet: the reload must outlast the whole start.
    for (let i = 0; i < 10; i++) {
      service.signal('SIGHUP');
      await delay(5);
    }
    await service.line((line) => logLine(line)?.['message'] === 'regno is ready');
    await service.line((line) => line.includes('replacing the workers one by one'));
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['npm start', 'scripts/start.mjs'],
    ['npx regno serve', 'bin/regno.js', 'serve'],
  ])(
    'SIGHUP does not keep "%s" from becoming ready, nor does SIGUSR1 open an inspector',
    async (_command, ...args) => {
      const service = launchService({ args });
      await whenTaken(service.pid);
      for (let i = 0; i < 40; i++) {
        service.signal('SIGHUP');
        service.signal('SIGUSR1');
        await delay(5);
      }
      await service.line((line) => logLine(line)?.['message'] === 'regno is ready');
      expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
      expect(service.text).not.toMatch(/debugger|inspector/i);
    },
  );

  it('SIGTERM stops the service with code 0', async () => {
    const service = launchService();
    await whenTaken(service.pid);
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.text).not.toContain('regno is ready');
  });
});

describe('SIGUSR1', () => {
  it('opens no inspector, in the primary or a worker', async () => {
    const service = await startService({
      env: { NODE_ENV: 'production', API_KEYS: 'a-key-of-the-signal-test' },
    });
    for (const pid of [service.process.pid, ...service.workerPids()]) {
      for (let i = 0; i < 3; i++) process.kill(pid, 'SIGUSR1');
    }
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const pids = [service.process.pid, ...service.workerPids()];
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(pids.some(isAlive)).toBe(false);
    expect(service.process.text).not.toMatch(/debugger|inspector/i);
  });
});
