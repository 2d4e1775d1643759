/**
 * How the service behaves as things grow: workers, connections, bodies; and what it costs to start
 * and to keep: time to ready, memory per worker. `npm run bench:scale -- --help`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { load, warmUp, type Load } from './load.js';
import { startRegno, timeOfStart } from './regno-server.js';
import {
  figuresTable,
  median,
  reportHead,
  whole,
  writeReport,
  type ReportHead,
} from '../tools/report.js';
import { pssBytesOf, type RunningServer } from './running-server.js';

interface ScaleCell {
  readonly about: string;
  readonly workers: number;
  readonly connections: number;
  readonly bodyBytes: number;
  readonly requestsPerSecond: number;
  readonly requestsPerSecondMin: number;
  readonly requestsPerSecondMax: number;
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
}

interface ScaleReport extends ReportHead {
  readonly settings: Options;
  /** Milliseconds from the start of the process to "ready", two workers. */
  readonly startMs: { readonly median: number; readonly all: readonly number[] };
  /** Proportional set size, the largest of the workers; before and after all loads. */
  readonly workerPssBytes: { readonly idle: number; readonly loaded: number };
  readonly primaryPssBytes: number;
  readonly cells: readonly ScaleCell[];
}

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly starts: number;
}

interface CellPlan {
  readonly about: string;
  readonly workers: number;
  readonly connections: number;
  /** 0 for bodies as they commonly are. */
  readonly bodyBytes: number;
}

const CONNECTIONS = 64;
const WORKERS = 2;
const PLANS: readonly CellPlan[] = [
  ...[1, 2, 4].map((workers) => plan('workers', { workers })),
  ...[1, 8, 64, 256, 1000].map((connections) => plan('connections', { connections })),
  ...[0, 4096, 16_384].map((bodyBytes) => plan('body', { bodyBytes })),
];
/** Enough for varied copies; kept in memory by the loader. */
const LARGE_BODIES = 500;

async function main(): Promise<void> {
  const options = readOptions();
  const startsMs: number[] = [];
  for (let i = 0; i < options.starts; i += 1) startsMs.push(await timeOfStart(WORKERS));
  const folder = mkdtempSync(join(tmpdir(), 'regno-bench-scale-'));
  const servers = new Map<number, RunningServer>();
  try {
    for (const { workers } of PLANS) {
      if (servers.has(workers)) continue;
      servers.set(workers, await startRegno({ WORKERS: `${workers}` }));
    }
    const idle = memoryOf(servers.get(WORKERS));
    for (const server of servers.values()) await warmUp(server);
    const cells = await measureAll(servers, folder, options);
    const loaded = memoryOf(servers.get(WORKERS));
    report({
      ...reportHead('bench:scale'),
      settings: options,
      startMs: { median: median(startsMs), all: startsMs },
      workerPssBytes: { idle: idle.worker, loaded: loaded.worker },
      primaryPssBytes: loaded.primary,
      cells,
    });
    const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
    if (errors > 0) {
      console.error(`${errors} requests failed: these figures are not to be quoted`);
      process.exitCode = 1;
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench:scale')
    .option('--rounds <n>', 'interleaved rounds; medians are shown', count, 3)
    .option('--seconds <n>', 'measured time of each run', count, 3)
    .option('--starts <n>', 'starts that the time to ready is the median of', count, 5)
    .parse()
    .opts<Options>();
}

function plan(about: string, change: Partial<CellPlan>): CellPlan {
  return { about, workers: WORKERS, connections: CONNECTIONS, bodyBytes: 0, ...change };
}

async function measureAll(
  servers: ReadonlyMap<number, RunningServer>,
  folder: string,
  options: Options,
): Promise<ScaleCell[]> {
  const files = new Map(PLANS.map(({ bodyBytes }) => [bodyBytes, bodiesOf(folder, bodyBytes)]));
  const loads = new Map<CellPlan, Load[]>(PLANS.map((plan) => [plan, []]));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const [plan, list] of loads) {
      const server = servers.get(plan.workers);
      if (server === undefined) continue;
      process.stderr.write(`round ${round + 1}/${options.rounds}: ${nameOf(plan)}\n`);
      const dataFile = files.get(plan.bodyBytes);
      list.push(
        await load(server, {
          seconds: options.seconds,
          connections: plan.connections,
          repeatShare: 0,
          seed: round + 1,
          ...(dataFile === undefined ? {} : { dataFile }),
        }),
      );
    }
  }
  return [...loads].map(([plan, list]) => summarise(plan, list));
}

/** A file of readings with one more field, such as clients send that know more; undefined for 0. */
function bodiesOf(folder: string, bodyBytes: number): string | undefined {
  if (bodyBytes === 0) return undefined;
  const random = new Random(bodyBytes);
  const lines = Array.from({ length: LARGE_BODIES }, () => {
    const reading = makeReading(random);
    const bare = Buffer.byteLength(JSON.stringify({ ...reading, note: '' }));
    return JSON.stringify({ ...reading, note: 'x'.repeat(Math.max(0, bodyBytes - bare)) });
  });
  const file = join(folder, `${bodyBytes}.ndjson`);
  writeFileSync(file, lines.join('\n'));
  return file;
}

function summarise(plan: CellPlan, list: readonly Load[]): ScaleCell {
  const rates = list.map((load) => load.requestsPerSecond);
  return {
    ...plan,
    requestsPerSecond: median(rates),
    requestsPerSecondMin: Math.min(...rates),
    requestsPerSecondMax: Math.max(...rates),
    cpuMicros: median(list.map((load) => load.cpuMicros)),
    p50Ms: median(list.map((load) => load.p50)),
    p99Ms: median(list.map((load) => load.p99)),
    errors: list.reduce((sum, load) => sum + load.errors, 0),
  };
}

function memoryOf(server: RunningServer | undefined): { primary: number; worker: number } {
  const [primary = 0, ...workers] = server?.pids() ?? [];
  return { primary: pssBytesOf(primary), worker: Math.max(...workers.map(pssBytesOf)) };
}

function nameOf({ about, workers, connections, bodyBytes }: CellPlan): string {
  if (about === 'workers') return `${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  if (about === 'connections') return `${connections} connections`;
  return bodyBytes === 0 ? 'bodies as usual' : `bodies of ${bodyBytes / 1024} KiB`;
}

function report(report: ScaleReport): void {
  const { settings, startMs, workerPssBytes, primaryPssBytes, cells } = report;
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`${report.date}, ${report.machine}`);
  console.log(
    `${settings.rounds} interleaved rounds of ${settings.seconds} s, new readings, ${WORKERS} workers and ${CONNECTIONS} connections where nothing else is said; medians`,
  );
  console.log(
    figuresTable(
      ['', 'requests/s', 'spread', 'CPU µs', 'p50 ms', 'p99 ms', 'errors'],
      cells.map((cell) => [
        nameOf(cell),
        whole(cell.requestsPerSecond),
        `${Math.round(cell.requestsPerSecondMin)} to ${Math.round(cell.requestsPerSecondMax)}`,
        cell.cpuMicros.toFixed(1),
        cell.p50Ms.toFixed(2),
        cell.p99Ms.toFixed(2),
        `${cell.errors}`,
      ]),
    ),
  );
  console.log(`start to ready: ${whole(startMs.median)} ms, median of ${startMs.all.length}`);
  console.log(
    `memory (PSS): a worker ${mebibytes(workerPssBytes.idle)} idle, ${mebibytes(workerPssBytes.loaded)} after the load; the primary ${mebibytes(primaryPssBytes)}`,
  );
  console.log(writeReport('scale', report));
}

await main();
