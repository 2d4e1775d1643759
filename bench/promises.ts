/**
 * What the service promises under load, by the load generator's own commands, in interleaved rounds:
 * latency at 500 and at 5,000 requests/s from the intended send, and the time for 50,000 requests.
 * `npm run bench:load -- --help`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { percentileOf } from '../generator/latency.js';
import type { MaxResult } from '../generator/max.js';
import type { ProveResult } from '../generator/prove.js';
import { startRegno } from './regno-server.js';
import { figuresTable, median, reportHead, writeReport, type ReportHead } from '../tools/report.js';
import { BENCH_KEY } from './running-server.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly check: boolean;
}

/** Medians over the rounds. */
interface Promised {
  readonly what: string;
  /** Of the generator, as `npm run load --` or `npm run load:max --` takes them. */
  readonly args: readonly string[];
  readonly measured: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly kept: boolean;
}

interface LoadReport extends ReportHead {
  readonly rounds: number;
  readonly promises: readonly Promised[];
}

interface Plan {
  readonly what: string;
  readonly args: readonly string[];
  /** Upper limits of what `read` gives. */
  readonly limits: Readonly<Record<string, number>>;
  readonly read: (json: string) => Record<string, number>;
}

const GENERATOR = fileURLToPath(new URL('../generator/main.ts', import.meta.url));
const REQUESTS = 50_000;
/** The generator's own limits are not what is judged here. */
const NO_LIMITS = ['--p99', 'none', '--errors', 'none', '--late', '1'];

async function main(): Promise<void> {
  const options = readOptions();
  const plans = plansFor(options.seconds);
  const rounds = new Map(plans.map((plan) => [plan, [] as Record<string, number>[]]));
  const server = await startRegno();
  const folder = mkdtempSync(join(tmpdir(), 'regno-load-'));
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [plan, figures] of rounds) {
        process.stderr.write(`round ${round + 1}/${options.rounds}: ${plan.what}\n`);
        const file = join(folder, 'result.json');
        // Other readings each round: what memory knows of the last round must not count.
        const seed = ['--seed', `${round + 1}`];
        await generate([...plan.args, ...seed, '--url', server.url, '--json', file]);
        figures.push(plan.read(readFileSync(file, 'utf8')));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  }
  report(options, [...rounds].map(judge));
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench:load')
    .option('--rounds <n>', 'interleaved rounds; medians are judged', count, 3)
    .option('--seconds <n>', 'length of each run at a constant rate', count, 60)
    .option('--check', 'exit 1 where a promise is not kept', false)
    .parse()
    .opts<Options>();
}

function plansFor(seconds: number): readonly Plan[] {
  const atRate = (rate: number): readonly string[] => [
    ...['prove', '--rate', `${rate}`, '--duration', `${seconds}`],
    ...NO_LIMITS,
  ];
  return [
    {
      what: '500 requests/s',
      args: atRate(500),
      limits: { errors: 0, p99Ms: 5, p999Ms: 20 },
      read: readProof,
    },
    {
      what: '5,000 requests/s',
      args: atRate(5000),
      limits: { errors: 0, p99Ms: 25 },
      read: readProof,
    },
    {
      what: '50,000 requests',
      args: ['max', '-e', 'lean', '-n', `${REQUESTS}`],
      limits: { errors: 0, seconds: 4 },
      read: (json) => {
        const { requests, seconds, errorsByKind } = JSON.parse(json) as MaxResult;
        const errors = Object.values(errorsByKind).reduce((sum, count) => sum + count, 0);
        return { requests, errors, seconds };
      },
    },
  ];
}

function readProof(json: string): Record<string, number> {
  const { requests, errors, latency, lateSends } = JSON.parse(json) as ProveResult;
  return {
    requests,
    errors,
    p50Ms: percentileOf(latency, 50),
    p99Ms: percentileOf(latency, 99),
    p999Ms: percentileOf(latency, 99.9),
    maxMs: latency.max,
    lateOver10Ms: lateSends.over10Ms,
  };
}

function generate(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', GENERATOR, ...args], {
    env: { ...process.env, API_KEY: BENCH_KEY },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // 1: a limit of the generator's own was missed, which the report will show.
    child.once('close', (code) => {
      if (code === 0 || code === 1) resolve();
      else reject(new Error(`the load generator ended with exit code ${code}: ${args.join(' ')}`));
    });
  });
}

function judge([plan, rounds]: [Plan, readonly Record<string, number>[]]): Promised {
  const { what, args, limits } = plan;
  const names = Object.keys(rounds[0] ?? {});
  const measured = Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name] ?? NaN))]),
  );
  // An error in any round is one too many.
  measured['errors'] = rounds.reduce((sum, round) => sum + (round['errors'] ?? NaN), 0);
  const kept = Object.entries(limits).every(([name, most]) => (measured[name] ?? NaN) <= most);
  return { what, args, measured, limits, kept };
}

function report(options: Options, promises: readonly Promised[]): void {
  const full: LoadReport = { ...reportHead('bench:load'), rounds: options.rounds, promises };
  console.log(`${full.date}, ${full.machine}; medians of ${options.rounds} rounds`);
  const words = (figures: Readonly<Record<string, number>>): string =>
    Object.entries(figures)
      .map(([name, value]) => `${name} ${Number(value.toFixed(2))}`)
      .join(' · ');
  console.log(
    figuresTable(
      ['promise', 'limits', 'measured', ''],
      promises.map(({ what, limits, measured, kept }) => [
        what,
        words(limits),
        words(measured),
        kept ? 'kept' : 'BROKEN',
      ]),
    ),
  );
  console.log(writeReport('load', full));
  if (options.check && promises.some(({ kept }) => !kept)) process.exitCode = 1;
}

await main();
