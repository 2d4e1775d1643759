import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../tools/free-port.js';
import { cpuSecondsOf } from './running-server.js';

/** A Redis of the benchmark's own: a free port, no persistence. */
export interface BenchRedis {
  readonly url: string;
  /** CPU seconds that it has used so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** @throws Error where there is no redis-server on the PATH or it ends before it is ready */
export async function startRedis(): Promise<BenchRedis> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'regno-bench-redis-'));
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error(`redis-server: ${error.message}; install the package redis-server`)),
    );
    child.once('close', (code) => reject(new Error(`redis-server ended with code ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  const { pid = 0 } = child;
  return {
    url: `redis://127.0.0.1:${port}`,
    cpuSeconds: () => cpuSecondsOf(pid),
    stop: async () => {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
