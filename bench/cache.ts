/**
 * What each level of the cache earns: share of repeated readings 0, 50 and 100 % x no cache, memory,
 * Redis, both. `npm run bench:cache -- --help`.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { adviseOnCache, type CacheCell, type CacheMode } from './cache-advice.js';
import { load, warmUp } from './load.js';
import { startRedis, type BenchRedis } from './redis.js';
import { readMetric, startRegno } from './regno-server.js';
import {
  figuresTable,
  median,
  reportHead,
  whole,
  writeReport,
  type ReportHead,
} from '../tools/report.js';
import type { RunningServer } from './running-server.js';

interface CacheReport extends ReportHead {
  readonly settings: Omit<Options, 'check'>;
  readonly cells: readonly CacheCell[];
  readonly advice: readonly string[];
}

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly modes: readonly CacheMode[];
  /** Requests per second of the run that latencies are taken from. */
  readonly rate: number;
}

const MODES: readonly CacheMode[] = ['off', 'memory', 'Redis', 'both'];
const REPEAT_SHARES = [0, 0.5, 1];
/** As many as a half-repeated load chooses its repeats from. */
const REPEATED_READINGS = 1000;

async function main(): Promise<void> {
  const options = readOptions();
  const folder = mkdtempSync(join(tmpdir(), 'regno-bench-cache-'));
  const repeated = join(folder, 'repeated.ndjson');
  const random = new Random(7);
  const lines = Array.from({ length: REPEATED_READINGS }, () =>
    JSON.stringify(makeReading(random)),
  );
  writeFileSync(repeated, lines.join('\n'));
  const redis = await startRedis();
  const rounds = new Map<string, CacheCell[]>();
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const mode of options.modes) {
        process.stderr.write(`round ${round + 1}/${options.rounds}: ${mode}\n`);
        for (const cell of await measureMode(mode, redis, repeated, options, round)) {
          const name = `${cell.mode} ${cell.repeatShare}`;
          rounds.set(name, [...(rounds.get(name) ?? []), cell]);
        }
      }
    }
  } finally {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const cells = [...rounds.values()].map(medianCell);
  const advice = adviseOnCache([...rounds.values()]);
  report({ ...reportHead('bench:cache'), settings: options, cells, advice });
  const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
  if (errors > 0) {
    console.error(`${errors} requests failed: these figures are not to be quoted`);
    process.exitCode = 1;
  }
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench:cache')
    .option('--rounds <n>', 'interleaved rounds; medians are shown', count, 3)
    .option('--seconds <n>', 'measured time of each run', count, 3)
    .option('--connections <n>', 'keep-alive connections', count, 64)
    .addOption(
      new Option('--modes <names...>', 'of the cache; advice needs off')
        .choices(MODES)
        .default(MODES),
    )
    .option('--rate <n>', 'requests per second of the run for latencies', count, 2000)
    .parse()
    .opts<Options>();
}

/** A service of its own per mode and round, so that no cache holds what an earlier run left. */
async function measureMode(
  mode: CacheMode,
  redis: BenchRedis,
  repeated: string,
  options: Options,
  round: number,
): Promise<CacheCell[]> {
  const server = await startRegno(settingsOf(mode, redis));
  const cells: CacheCell[] = [];
  try {
    await warmUp(server);
    for (const repeatShare of REPEAT_SHARES) {
      const bodies = repeatShare === 1 ? { dataFile: repeated, sameRows: true } : {};
      // Seeds of its own for each run: what an earlier one left in Redis must not be found.
      const seed = 1 + round * 100 + MODES.indexOf(mode) * 10 + REPEAT_SHARES.indexOf(repeatShare);
      cells.push(await measureCell(server, redis, options, { mode, repeatShare, seed, bodies }));
    }
  } finally {
    await server.stop();
  }
  return cells;
}

function settingsOf(mode: CacheMode, redis: BenchRedis): Record<string, string> {
  return {
    ...(mode === 'off' || mode === 'Redis' ? { REGNO_MEMORY_CACHE_ENTRIES: '0' } : {}),
    ...(mode === 'Redis' || mode === 'both' ? { REDIS_URL: redis.url } : {}),
  };
}

interface CellPlan {
  readonly mode: CacheMode;
  readonly repeatShare: number;
  readonly seed: number;
  readonly bodies: { readonly dataFile?: string; readonly sameRows?: boolean };
}

async function measureCell(
  server: RunningServer,
  redis: BenchRedis,
  options: Options,
  { mode, repeatShare, seed, bodies }: CellPlan,
): Promise<CacheCell> {
  const shared = {
    ...bodies,
    seconds: options.seconds,
    connections: options.connections,
    repeatShare: repeatShare === 1 ? 0 : repeatShare,
  };
  const before = await readMetric(server, 'regno_cache_requests_total');
  const redisCpu = redis.cpuSeconds();
  const full = await load(server, { ...shared, seed });
  const redisMicros = ((redis.cpuSeconds() - redisCpu) * 1e6) / full.requestsInAll;
  const after = await readMetric(server, 'regno_cache_requests_total');
  const hits = (level: string): number => {
    const labels = [`level="${level}"`, 'result="hit"'];
    return (after.sum(...labels) - before.sum(...labels)) / full.requestsInAll;
  };
  const steady = await load(server, { ...shared, seed: seed + 1_000_000, rate: options.rate });
  return {
    mode,
    repeatShare,
    memoryHitShare: hits('memory'),
    redisHitShare: hits('redis'),
    requestsPerSecond: full.requestsPerSecond,
    cpuMicros: full.cpuMicros,
    redisMicros,
    p99FullMs: full.p99,
    p50SteadyMs: steady.p50,
    p99SteadyMs: steady.p99,
    errors: full.errors + steady.errors,
  };
}

function medianCell(cells: readonly CacheCell[]): CacheCell {
  const [first] = cells;
  if (first === undefined)
    throw new Error('no round was measured; expected --rounds of at least 1');
  const of = (pick: (cell: CacheCell) => number): number => median(cells.map(pick));
  return {
    ...first,
    memoryHitShare: of((cell) => cell.memoryHitShare),
    redisHitShare: of((cell) => cell.redisHitShare),
    requestsPerSecond: of((cell) => cell.requestsPerSecond),
    cpuMicros: of((cell) => cell.cpuMicros),
    redisMicros: of((cell) => cell.redisMicros),
    p99FullMs: of((cell) => cell.p99FullMs),
    p50SteadyMs: of((cell) => cell.p50SteadyMs),
    p99SteadyMs: of((cell) => cell.p99SteadyMs),
    errors: cells.reduce((sum, cell) => sum + cell.errors, 0),
  };
}

function report(report: CacheReport): void {
  const { settings, cells } = report;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  console.log(`${report.date}, ${report.machine}`);
  console.log(
    `${settings.rounds} interleaved rounds of ${settings.seconds} s, ${settings.connections} connections, 2 workers; medians`,
  );
  console.log(
    figuresTable(
      [
        ...[
          'cache',
          'repeats',
          'memory hits',
          'Redis hits',
          'requests/s',
          'CPU µs',
          'Redis CPU µs',
        ],
        ...['p99 ms, full load', `p50 ms at ${settings.rate}/s`, `p99 ms at ${settings.rate}/s`],
      ],
      cells.map((cell) => [
        cell.mode,
        percent(cell.repeatShare),
        percent(cell.memoryHitShare),
        percent(cell.redisHitShare),
        whole(cell.requestsPerSecond),
        cell.cpuMicros.toFixed(1),
        cell.redisMicros.toFixed(1),
        cell.p99FullMs.toFixed(2),
        cell.p50SteadyMs.toFixed(2),
        cell.p99SteadyMs.toFixed(2),
      ]),
    ),
  );
  for (const sentence of report.advice) console.log(sentence);
  console.log(writeReport('cache', report));
}

await main();
