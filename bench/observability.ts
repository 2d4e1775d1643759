/**
 * What observability costs: the service with nothing of it, with metrics and log as it comes, with
 * Sentry, and with traces as well, in interleaved rounds. `npm run bench:observability -- --help`.
 */
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import type { Contender } from './contenders.js';
import { ratioOf, type Ratio } from './goals.js';
import { load, warmUp, type Load } from './load.js';
import { figuresTable, median, reportHead, whole, writeReport, type ReportHead } from './report.js';
import { startServer, type RunningServer } from './running-server.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
  readonly sampleRatio: string;
  readonly check: boolean;
}

interface Figures {
  readonly name: string;
  /** Medians over the rounds. */
  readonly requestsPerSecond: number;
  readonly cpuMicrosPerRequest: number;
  readonly p99Ms: number;
  /** Throughput over that of the same round with nothing. */
  readonly ofNothing: Ratio;
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
/** With everything on, throughput is to be within 5 % of nothing on. */
const RATIO_GOAL = 0.95;
const SCRAPES = 200;

async function main(): Promise<void> {
  const options = readOptions();
  const sink = await startSink();
  const rounds = new Map<string, Load[]>();
  let scrape: ScrapeCost | undefined;
  try {
    const probe = JSON.stringify(makeReading(new Random(1)));
    const contenders = contendersFor(sink.port, options);
    for (let round = 0; round < options.rounds; round += 1) {
      // Each round begins with another one, so that none always has the cold machine.
      for (let i = 0; i < contenders.length; i += 1) {
        const contender = contenders[(i + round) % contenders.length];
        if (contender === undefined) continue;
        process.stderr.write(`round ${round + 1}/${options.rounds}: ${contender.name}\n`);
        // A new process each time: two of the same program differ by several per cent all their life.
        const server = await startServer(contender, probe);
        try {
          await warmUp(server);
          const { seconds, connections } = options;
          const seed = 1 + round * 10 + i;
          const figures = await load(server, { seconds, connections, repeatShare: 0, seed });
          rounds.set(contender.name, [...(rounds.get(contender.name) ?? []), figures]);
          if (contender === contenders.at(-1)) scrape = await costOfScrapes(server);
        } finally {
          await server.stop();
        }
      }
    }
    if (scrape === undefined) throw new Error('--rounds must be at least 1');
    report(options, contenders, rounds, scrape);
  } finally {
    sink.server.close();
    sink.server.closeAllConnections();
  }
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench:observability')
    .option('--rounds <n>', 'interleaved rounds; medians are shown', count, 9)
    .option('--seconds <n>', 'measured time of each run', count, 3)
    .option('--connections <n>', 'keep-alive connections', count, 64)
    .option('--sample-ratio <share>', 'share of requests that are traced', '0.01')
    .option(
      '--check',
      `exit with 1 where everything on gives under ${RATIO_GOAL} of nothing`,
      false,
    )
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

function contendersFor(sinkPort: number, options: Options): readonly Contender[] {
  const regno = (
    name: string,
    env: Readonly<Record<string, string>>,
    preload: readonly string[] = [],
  ): Contender => ({
    name,
    command: [process.execPath, ...preload, MAIN],
    env,
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
    regno('and Sentry', sentry),
    regno('and traces: everything', { ...sentry, ...tracing }),
  ];
}

function report(
  options: Options,
  contenders: readonly Contender[],
  rounds: ReadonlyMap<string, readonly Load[]>,
  scrape: ScrapeCost,
): void {
  const rates = (runs: readonly Load[]): number[] => runs.map((run) => run.requestsPerSecond);
  const bare = rates(rounds.get(contenders[0]?.name ?? '') ?? []);
  const results = contenders.map(({ name }): Figures => {
    const runs = rounds.get(name) ?? [];
    return {
      name,
      requestsPerSecond: median(rates(runs)),
      cpuMicrosPerRequest: median(runs.map((run) => run.cpuMicros)),
      p99Ms: median(runs.map((run) => run.p99)),
      ofNothing: ratioOf(rates(runs), bare),
      errors: runs.reduce((sum, run) => sum + run.errors, 0),
    };
  });
  const met = (results.at(-1)?.ofNothing.median ?? NaN) >= RATIO_GOAL;
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
      ['observed by', 'requests/s', 'of nothing', 'spread', 'CPU µs', 'p99 ms', 'errors'],
      results.map((one) => [
        one.name,
        whole(one.requestsPerSecond),
        one.ofNothing.median.toFixed(3),
        `${one.ofNothing.min.toFixed(2)} to ${one.ofNothing.max.toFixed(2)}`,
        one.cpuMicrosPerRequest.toFixed(1),
        one.p99Ms.toFixed(2),
        `${one.errors}`,
      ]),
    ),
  );
  console.log(`goal: at least ${RATIO_GOAL} of nothing: ${met ? 'met' : 'missed'}`);
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
