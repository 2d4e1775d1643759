import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadFigures, LoaderPlan } from './loader.js';
import { BENCH_KEY, type RunningServer } from './running-server.js';

export interface Load extends LoadFigures {
  /** From the start of the server's process to its first answer. */
  readonly startMs: number;
  /** Memory of the server's processes after the load. */
  readonly pssBytes: number;
  /** CPU time of the server's processes per request, µs. */
  readonly cpuMicros: number;
}

const run = promisify(execFile);
const WARM_UP_SECONDS = 2;
const LOADER = fileURLToPath(new URL('./loader.ts', import.meta.url));

/** Loads a server once, from a process of its own, and counts the server's CPU time meanwhile. */
export async function load(
  server: RunningServer,
  plan: Omit<LoaderPlan, 'url' | 'key'>,
): Promise<Load> {
  const whole: LoaderPlan = { ...plan, url: server.url, key: BENCH_KEY };
  const before = server.cpuSeconds();
  const args = ['--import', 'tsx', LOADER, JSON.stringify(whole)];
  const { stdout } = await run(process.execPath, args);
  const figures = JSON.parse(stdout) as LoadFigures;
  const cpuMicros = ((server.cpuSeconds() - before) * 1e6) / figures.requestsInAll;
  return { ...figures, cpuMicros, startMs: server.startMs, pssBytes: server.pssBytes() };
}

/** Sends new readings for a while, so that what is measured afterwards is compiled code. */
export async function warmUp(server: RunningServer): Promise<void> {
  await load(server, { seconds: WARM_UP_SECONDS, connections: 64, repeatShare: 0, seed: 99_999 });
}
