import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { TestProcess } from '../testing/child-process.js';
import { ROOT, isAlive, logLine } from '../testing/start-service.js';

vi.setConfig({ testTimeout: 180_000 });

const COMMANDS = [
  ['npm start', 'npm', ['start']],
  ['npx regno serve', 'npx', ['regno', 'serve']],
] as const;

describe.each(COMMANDS)('a service started by %s', (_title, command, args) => {
  it.each(['SIGTERM', 'SIGHUP'] as const)('stops in order when npm gets %s', async (signal) => {
    const { PATH = '', HOME = '' } = process.env;
    const npm = new TestProcess({
      command,
      args,
      cwd: ROOT,
      env: { PATH, HOME, PORT: '0', HOST: '127.0.0.1', WORKERS: '1', REGNO_DRAIN_DELAY_MS: '0' },
    });
    const ready = await npm.line((text) => logLine(text)?.['message'] === 'regno is ready');
    const primary = Number(logLine(ready)?.['pid']);
    expect(primary).not.toBe(npm.pid);
    expect(isAlive(primary)).toBe(true);
    npm.signal(signal);
    const stopped = await npm.line((text) => logLine(text)?.['message'] === 'regno has stopped');
    expect(logLine(stopped)).toMatchObject({ exitCode: 0 });
    await eventually('the end of the primary', () =>
      Promise.resolve(!isAlive(primary) || undefined),
    );
  });
});

describe('a service started in the background', () => {
  it('goes on when the shell that it was started from ends', async () => {
    const { PATH = '', HOME = '' } = process.env;
    const shell = new TestProcess({
      command: 'sh',
      args: ['-c', 'npm start & echo started'],
      cwd: ROOT,
      env: { PATH, HOME, PORT: '0', HOST: '127.0.0.1', WORKERS: '1', REGNO_DRAIN_DELAY_MS: '0' },
    });
    const ready = await shell.line((text) => logLine(text)?.['message'] === 'regno is ready');
    const primary = Number(logLine(ready)?.['pid']);
    const { host, port } = logLine(ready) as { host: string; port: number };
    // Four looks of the watch, by the clock of what it would end.
    for (let look = 0; look < 4; look++) {
      const answer = await fetch(`http://${host}:${port}/health/live`);
      expect(answer.status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    expect(isAlive(primary)).toBe(true);
    process.kill(primary, 'SIGTERM');
    await shell.exited;
    expect(shell.text).toContain('regno has stopped');
  });
});
