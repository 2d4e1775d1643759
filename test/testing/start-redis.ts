import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestProcess } from './child-process.js';
import { freePort } from '../../tools/free-port.js';

/** A real Redis of the test's own, on a free port, without persistence. */
export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** Pauses the process: its connections stay open and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts redis-server; a test file that calls this declares `lacks('redis-server')`. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort();
  let server = await launch(port);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    await server.end(signal);
    rmSync(server.options.cwd ?? '', { recursive: true, force: true });
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      server = await launch(port);
    },
    stop: () => end('SIGTERM'),
  };
}

async function launch(port: number): Promise<TestProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'regno-redis-'));
  const { PATH = '' } = process.env;
  const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', daemonize: 'no' };
  const server = new TestProcess({
    command: 'redis-server',
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    cwd: folder,
    env: { PATH },
  });
  await server.line((line) => line.includes('Ready to accept connections'));
  return server;
}
