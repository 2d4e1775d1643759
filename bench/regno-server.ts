import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { BENCH_KEY, startServer, type RunningServer } from './running-server.js';

const MAIN = fileURLToPath(new URL('../dist/app/main.js', import.meta.url));
const START_TIMEOUT_MS = 60_000;

/** Starts the built service with settings of its own; two workers where they say nothing else. */
export function startRegno(env: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const probe = JSON.stringify(makeReading(new Random(1)));
  const command = [process.execPath, MAIN];
  return startServer({ name: 'regno', command, env, repeatShare: 0, server: 'regno' }, probe);
}

/**
 * Starts the service and stops it again.
 *
 * @returns milliseconds from the start of the process to its line that all workers are ready
 */
export async function timeOfStart(workers: number): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      WORKERS: `${workers}`,
      API_KEYS: BENCH_KEY,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const late = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  const ready = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('regno is ready')) resolve(performance.now() - startedAt);
    });
    child.once('close', () => resolve(NaN));
  });
  child.kill('SIGTERM');
  await ended;
  clearTimeout(late);
  if (Number.isNaN(ready)) throw new Error('regno ended, or did not get ready, after its start');
  return ready;
}

/** Asks the service for one of its metrics. */
export async function readMetric(server: RunningServer, name: string): Promise<Metric> {
  const answer = await fetch(new URL('/metrics', server.url));
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith(`${name}{`));
  const valuesOf = (labels: readonly string[]): number[] =>
    lines
      .filter((line) => labels.every((label) => line.includes(label)))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return {
    sum: (...labels) => valuesOf(labels).reduce((total, value) => total + value, 0),
    max: (...labels) => Math.max(...valuesOf(labels)),
  };
}

export interface Metric {
  /** @param labels as they stand in the text, e.g. `level="redis"` */
  sum(...labels: readonly string[]): number;
  max(...labels: readonly string[]): number;
}
