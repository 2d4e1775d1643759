import { fileURLToPath } from 'node:url';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { ChildProgram } from '../tools/child-program.js';
import { BENCH_KEY, startServer, type RunningServer } from './running-server.js';

const MAIN = fileURLToPath(new URL('../dist/app/main.js', import.meta.url));

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
  const service = new ChildProgram({
    command: process.execPath,
    args: [MAIN],
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      WORKERS: `${workers}`,
      API_KEYS: BENCH_KEY,
    },
  });
  try {
    await service.line((line) => line.includes('regno is ready'));
    return performance.now() - startedAt;
  } finally {
    await service.stop();
  }
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
