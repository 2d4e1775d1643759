import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TestProcess, type ProcessEnd } from './child-process.js';
import { eventually } from './eventually.js';
import { scrape, sumOf } from './metrics-text.js';

export interface ServiceOptions {
  /** Settings; nothing of the test's own environment but PATH and HOME reaches the service. */
  readonly env?: Readonly<Record<string, string>>;
  /** Limit on open files of its processes, as by `ulimit -n`. */
  readonly openFilesMax?: number;
  /** What Node runs, instead of the built program itself. */
  readonly args?: readonly string[];
}

/** The real service, built, in processes of its own. */
export interface Service {
  readonly process: TestProcess;
  readonly port: number;
  readonly url: string;
  /** Milliseconds from the start of the process to the line that says how the start ended. */
  readonly readyMs: number;
  /** Process ids of the workers that live now. */
  workerPids(): number[];
  /** Waits until `count` workers are ready, by the service's own metric. */
  whenReady(count: number): Promise<void>;
  stop(): Promise<ProcessEnd>;
}

export const ROOT = join(import.meta.dirname, '../..');
export const ENTRY = join(ROOT, 'dist/app/main.js');
/** The key that the service takes outside production where none is set. */
export const API_KEY = '123321';

/** Starts the service and returns at once, for starts that are meant to fail. */
export function launchService(options: ServiceOptions = {}): TestProcess {
  const { PATH = '', HOME = '' } = process.env;
  const { openFilesMax, args = [ENTRY] } = options;
  const limited = ['-c', `ulimit -n ${openFilesMax} && exec "$0" "$@"`, process.execPath, ...args];
  return new TestProcess({
    command: openFilesMax === undefined ? process.execPath : 'sh',
    args: openFilesMax === undefined ? args : limited,
    cwd: ROOT,
    env: { PATH, HOME, PORT: '0', HOST: '127.0.0.1', WORKERS: '2', ...options.env },
  });
}

/** What the log says at the end of a start. */
const STARTED = ['regno is ready', 'regno listens and is not ready'];

/** Starts the service and waits until it says that it is ready, or that its model is not usable. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const startedAt = performance.now();
  const service = launchService(options);
  const line = await service.line((text) => STARTED.includes(String(logLine(text)?.['message'])));
  const readyMs = performance.now() - startedAt;
  const port = Number(logLine(line)?.['port']);
  const url = `http://127.0.0.1:${port}`;
  return {
    process: service,
    port,
    url,
    readyMs,
    workerPids: () => childrenOf(service.pid),
    whenReady: (count) => whenReady(url, count),
    stop: () => service.end('SIGTERM'),
  };
}

/** A line of the log as an object; undefined for lines that are not JSON. */
export function logLine(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

async function whenReady(url: string, count: number): Promise<void> {
  await eventually(`${count} workers ready`, async () => {
    const ready = sumOf(await scrape(url), 'regno_workers', { state: 'ready' });
    return ready === count ? true : undefined;
  });
}

/** Linux gives each process's parent in the fourth field of its stat. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state, ppid] = statOf(pid);
      return ppid === parent && state !== 'Z';
    });
}

function statOf(pid: number): [state: string, parent: number] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may hold spaces.
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [state, Number(parent)];
  } catch {
    return ['', -1];
  }
}

/** Whether a process is there and not just waiting to be reaped. */
export function isAlive(pid: number): boolean {
  const [state] = statOf(pid);
  return state !== '' && state !== 'Z';
}
