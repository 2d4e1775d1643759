/**
 * What observability costs: the service with nothing of it, with metrics and log as it comes, with
 * Sentry, and with traces as well, each beside one with nothing. `npm run bench:observability -- --help`.
 */
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { SERVICE_CORE, hasTwoCores } from '../tools/cpu-cores.js';
import type { Contender } from './contenders.js';
import { ratioOf, type Ratio } from './goals.js';
import { loadPair } from './in-turns.js';
import type { Load } from './load.js';
import { figuresTable, median, reportHead, writeReport, type ReportHead } from '../tools/report.js';
import type { RunningServer } from './running-server.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly sampleRatio: string;
  readonly check: boolean;
}

/** What the same load gave of a service without observability and of one with. */
interface Pair {
  readonly off: Load;
  readonly on: Load;
}

interface Figures {
  readonly name: string;
  /** Throughput over that of nothing, of the same moments. */
  readonly ofNothing: Ratio;
  /** CPU time per request over that of nothing: median. */
  readonly cpuOfNothing: number;
  readonly errors: number;
}

interface ObservabilityReport extends ReportHead {
  readonly settings: Options;
  readonly results: readonly Figures[];
  /** Of the service with everything, after its load. */
  readonly scrape: ScrapeCost;
  readonly goal: { readonly atLeast: number; readonly met: boolean };
}

interface ScrapeCost {
  readonly bytes: number;
  readonly medianMs: number;
  /** CPU time of all processes of the service. */
  readonly cpuMs: number;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const MAIN = path('../dist/app/main.js');
const BARE = path('./servers/no-observability.mjs');
/** With metrics, log and Sentry on, throughput is to be within 5 % of nothing on. */
const RATIO_GOAL = 0.95;
const JUDGED = 'metrics, log and Sentry';
const SCRAPES = 200;

async function main(): Promise<void> {
  const options = readOptions();
  if (!hasTwoCores()) throw new Error('needs two cores and taskset (Debian: util-linux)');
  const sink = await startSink();
  const rounds = new Map<string, Pair[]>();
  let scrape: ScrapeCost | undefined;
  try {
    const probe = JSON.stringify(makeReading(new Random(1)));
    const [bare, ...levels] = contendersFor(sink.port, options);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const level of levels) {
        process.stderr.write(`round ${round + 1}/${options.rounds}: ${level.name}\n`);
        const plan = { ...options, repeatShare: 0, round };
        const [off, on] = await loadPair([bare, level], probe, plan, async (server) => {
          if (level === levels.at(-1)) scrape = await costOfScrapes(server);
        });
        const pairs = rounds.get(level.name) ?? [];
        rounds.set(level.name, [...pairs, { off, on }]);
      }
    }
    if (scrape === undefined) throw new Error('--rounds must be at least 1');
    report(options, rounds, scrape);
  } finally {
    sink.server.close();
    sink.server.closeAllConnections();
  }
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench:observability')
    .option('--rounds <n>', 'rounds; medians are shown', count, 7)
    .option('--seconds <n>', 'measured time of each pair', count, 5)
    .option('--connections <n>', 'keep-alive connections', count, 64)
    .option('--sample-ratio <share>', 'share of requests that are traced', '0.01')
    .option('--check', `exit with 1 where ${JUDGED} give under ${RATIO_GOAL} of nothing`, false)
    .parse()
    .opts<Options>();
}

/** Takes what Sentry and the collector would take, and forgets it. */
function startSink(): Promise<{ server: Server; port: number }> {
  const server = createServer((req, res) => {
    req.resume();
    req.on('end', () => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end('{}');
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
    });
  });
}

/** Scrapes one after another, as many Prometheus servers would. */
async function costOfScrapes(server: RunningServer): Promise<ScrapeCost> {
  const url = new URL('/metrics', server.url);
  const times: number[] = [];
  let bytes = 0;
  const before = server.cpuSeconds();
  for (let i = 0; i < SCRAPES; i += 1) {
    const startedAt = performance.now();
    bytes = (await (await fetch(url)).text()).length;
    times.push(performance.now() - startedAt);
  }
  const cpuMs = ((server.cpuSeconds() - before) * 1000) / SCRAPES;
  return { bytes, medianMs: median(times), cpuMs };
}

function contendersFor(sinkPort: number, options: Options): readonly [Contender, ...Contender[]] {
  const regno = (
    name: string,
    env: Readonly<Record<string, string>>,
    preload: readonly string[] = [],
  ): Contender => ({
    name,
    command: ['taskset', '-c', SERVICE_CORE, process.execPath, ...preload, MAIN],
    env: { WORKERS: '1', ...env },
    repeatShare: 0,
    server: name,
  });
  const sentry = { SENTRY_DSN: `http://key@127.0.0.1:${sinkPort}/1` };
  const tracing = {
    REGNO_OTLP_URL: `http://127.0.0.1:${sinkPort}`,
    REGNO_TRACE_SAMPLE_RATIO: options.sampleRatio,
  };
  return [
    regno('nothing', {}, ['--import', BARE]),
    regno('metrics and log', {}),
    regno(JUDGED, sentry),
    regno(`${JUDGED}, and traces`, { ...sentry, ...tracing }),
  ];
}

function report(
  options: Options,
  rounds: ReadonlyMap<string, readonly Pair[]>,
  scrape: ScrapeCost,
): void {
  const results = [...rounds].map(([name, pairs]): Figures => {
    const rates = (of: keyof Pair): number[] => pairs.map((pair) => pair[of].requestsPerSecond);
    return {
      name,
      ofNothing: ratioOf(rates('on'), rates('off')),
      cpuOfNothing: median(pairs.map(({ on, off }) => on.cpuMicros / off.cpuMicros)),
      errors: pairs.reduce((sum, { on, off }) => sum + on.errors + off.errors, 0),
    };
  });
  const judged = results.find(({ name }) => name === JUDGED);
  const met = (judged?.ofNothing.median ?? NaN) >= RATIO_GOAL;
  const full: ObservabilityReport = {
    ...reportHead('bench:observability'),
    settings: options,
    results,
    scrape,
    goal: { atLeast: RATIO_GOAL, met },
  };
  console.log(`${full.date}, ${full.machine}`);
  console.log(
    figuresTable(
      ['observed by', 'requests/s of nothing', 'spread', 'CPU of nothing', 'errors'],
      results.map((one) => [
        one.name,
        one.ofNothing.median.toFixed(3),
        `${one.ofNothing.min.toFixed(2)} to ${one.ofNothing.max.toFixed(2)}`,
        one.cpuOfNothing.toFixed(3),
        `${one.errors}`,
      ]),
    ),
  );
  console.log(`goal: ${JUDGED} at least ${RATIO_GOAL} of nothing: ${met ? 'met' : 'missed'}`);
  const { bytes, medianMs, cpuMs } = scrape;
  console.log(
    `a scrape of ${bytes} bytes: ${medianMs.toFixed(1)} ms, ${cpuMs.toFixed(1)} ms of CPU`,
  );
  console.log(`written to ${writeReport('observability', full)}`);
  const errors = results.reduce((sum, one) => sum + one.errors, 0);
  if (errors > 0) console.error(`${errors} requests failed: these figures are not to be quoted`);
  if (errors > 0 || (options.check && !met)) process.exitCode = 1;
}

await main();
