import { readFileSync, readdirSync } from 'node:fs';
import { ChildProgram } from '../tools/child-program.js';
import { freePort } from '../tools/free-port.js';
import type { Contender } from './contenders.js';

export const BENCH_KEY = 'key-of-the-benchmarks-only';
/** Processes that serve, for every contender. */
export const BENCH_WORKERS = 2;

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5000;
/** Of /proc/PID/stat; the same on every Linux that Node supports. */
const CLOCK_TICKS_PER_SECOND = 100;

/** A contender's server while it runs. */
export interface RunningServer {
  readonly url: string;
  /** Process ids of the whole tree, the process that was started first. */
  pids(): readonly number[];
  /** From the start of the process to its first answer. */
  readonly startMs: number;
  /** CPU seconds of the whole process tree so far. */
  cpuSeconds(): number;
  /** Memory of the whole process tree now, pages that are shared counted once. */
  pssBytes(): number;
  stop(): Promise<void>;
}

/**
 * Starts a contender on a free port and waits until it answers a POST.
 *
 * @throws Error with the server's output where it ends or does not answer in time
 */
export async function startServer(contender: Contender, probe: string): Promise<RunningServer> {
  const port = await freePort();
  const [command = '', ...args] = contender.command.map((word) =>
    word.replace('{port}', `${port}`),
  );
  const startedAt = performance.now();
  const program = new ChildProgram({
    name: contender.name,
    command,
    args,
    env: {
      ...process.env,
      PORT: `${port}`,
      WORKERS: `${BENCH_WORKERS}`,
      API_KEYS: BENCH_KEY,
      NODE_ENV: 'production',
      ...contender.env,
    },
  });
  const url = `http://127.0.0.1:${port}/reg/`;
  try {
    await program.whenReady(() => answers(url, probe), { timeoutMs: START_TIMEOUT_MS });
  } catch (error) {
    program.kill();
    throw error;
  }
  const startMs = performance.now() - startedAt;
  const { pid } = program;
  const sumOf = (of: (pid: number) => number): number =>
    treeOf(pid).reduce((sum, one) => sum + of(one), 0);
  return {
    url,
    pids: () => treeOf(pid),
    startMs,
    cpuSeconds: () => sumOf(cpuSecondsOf),
    pssBytes: () => sumOf(pssBytesOf),
    stop: async () => {
      await program.stop(STOP_TIMEOUT_MS);
    },
  };
}

async function answers(url: string, probe: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'x-api-key': BENCH_KEY };
  const answer = await fetch(url, { method: 'POST', headers, body: probe });
  await answer.text();
  return answer.status === 200;
}

/** The process and all that it and its children started. */
function treeOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(Number(name));
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]));
  }
  const tree = [root];
  for (const pid of tree) {
    for (const [candidate, parent] of parents) if (parent === pid) tree.push(candidate);
  }
  return tree;
}

/** CPU seconds of one process so far; 0 for one that is gone. */
export function cpuSecondsOf(pid: number): number {
  const fields = statOf(pid);
  if (fields === undefined) return 0;
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** Proportional set size: a process's own memory and its share of what it shares; NaN if it is gone. */
export function pssBytesOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
  } catch {
    return NaN;
  }
}

/** The fields of /proc/PID/stat after the process's name, which may hold spaces. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
