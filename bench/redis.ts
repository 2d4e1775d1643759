import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProgram } from '../tools/child-program.js';
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
  const { PATH } = process.env;
  const redis = new ChildProgram({ command: 'redis-server', args, cwd: folder, env: { PATH } });
  await redis.line((line) => line.includes('Ready to accept connections'));
  const { pid } = redis;
  return {
    url: `redis://127.0.0.1:${port}`,
    cpuSeconds: () => cpuSecondsOf(pid),
    stop: async () => {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
