import type { Command } from 'commander';
import { htmlReport } from './report/html.js';
import { GeneratorMetrics, serveMetrics } from './metrics-server.js';
import {
  COMMON_HELP,
  DEFAULT_URL,
  addCommonOptions,
  durationOrZero,
  integer,
  limit,
  loadOptions,
  number,
  share,
  type CommonFlags,
  timeOption,
} from './options.js';
import { startProgress } from './progress.js';
import { prove, type ProveOptions, type ProveResult } from './prove.js';
import { textReport } from './report/text.js';
import { onStopSignal } from './stop-signal.js';
import { checkReportPaths, writeReports } from './report/write-report.js';
import { EXIT_CODES, LATE_SHARE_MAX } from './verdict.js';

interface ProveFlags extends CommonFlags {
  readonly rate: number;
  readonly duration: number;
  readonly warmup: number;
  readonly p99?: number;
  readonly p999?: number;
  readonly errors: number;
  readonly late: number;
  readonly json?: string;
  readonly html?: string;
  readonly metricsPort?: number;
}

/** The latency promised at the default rate, judged where no limit is given. */
const DEFAULT_P99_MS = 5;
const DEFAULT_P999_MS = 20;

/** Adds `prove`. */
export function addProveCommand(program: Command): void {
  const command = program
    .command('prove', { isDefault: true })
    .description(
      'open loop at a constant rate: does the service keep its latency, and lose nothing?',
    )
    .option('-r, --rate <n>', 'requests per second, all threads together', number(0.1, 1e6), 500)
    .addOption(timeOption('-d, --duration <time>', 'how long to measure', '60s'))
    .addOption(
      timeOption(
        '--warmup <time>',
        'sent before at the same rate, not measured',
        '5s',
        durationOrZero,
      ),
    )
    .option('--p99 <ms>', 'limit for the 99th percentile, or "none"', limit)
    .option('--p999 <ms>', 'limit for the 99.9th percentile, or "none"', limit)
    .option('--errors <n>', 'the most requests that may fail, or "none"', limit, 0)
    .option('--late <share>', 'not valid if more sends are over 10 ms late', share, LATE_SHARE_MAX)
    .option('--json <file>', 'write all figures to a JSON file')
    .option('--html <file>', 'write one self-contained page with plots')
    .option(
      '--metrics-port <port>',
      'serve /metrics while it runs; 0: any port',
      integer(0, 65_535),
    );
  addCommonOptions(command, { repeat: 0, faulty: 0 })
    .addHelpText('after', COMMON_HELP + PROVE_HELP)
    .action(runProve);
}

const PROVE_HELP = `
Limits:  where neither --p99 nor --p999 is given, ${DEFAULT_P99_MS} ms and ${DEFAULT_P999_MS} ms hold; where one is, only that one.
Exit:    0 passed · 1 a limit was missed · 2 wrong usage · 3 not valid: the generator could not keep its schedule.

Latency counts from the moment a request SHOULD have been sent, so a service that stalls cannot hide it by
making the generator wait. Waiting for a free connection counts too.

Examples:
  npm run load                                       500/s for 60 s against ${DEFAULT_URL}
  npm run load -- -r 5000 -d 60 --p99 25 -t 2        two threads, other limits
  npm run load -- -u http://a:8080 -u http://b:8080  two hosts in turn
  npm run load -- --data readings.csv --repeat 0.3 --html report.html --json report.json`;

async function runProve(flags: ProveFlags): Promise<void> {
  const options: ProveOptions = {
    ...loadOptions(flags, process.env),
    rate: flags.rate,
    durationMs: flags.duration,
    warmUpMs: flags.warmup,
    limits: limitsOf(flags),
  };
  checkReportPaths([flags.json, flags.html]);
  const totalMs = options.warmUpMs + options.durationMs;
  const metrics = flags.metricsPort === undefined ? null : new GeneratorMetrics();
  const server = metrics ? await serveMetrics(metrics, flags.metricsPort ?? 0) : null;
  if (server) process.stderr.write(`metrics at http://127.0.0.1:${server.port}/metrics\n`);
  const stop = onStopSignal();
  const progress = startProgress(process.stderr, totalMs, options.warmUpMs);
  try {
    const result = await prove(options, {
      live: (elapsedMs, view) => progress.update(elapsedMs, view),
      signal: stop.signal,
      ...(metrics
        ? {
            samples: (batch) => metrics.addSamples(batch),
            states: (states) => metrics.setStates(states),
          }
        : {}),
    });
    progress.stop();
    report(result, flags);
    process.exitCode = EXIT_CODES[result.verdict.kind];
  } finally {
    progress.stop();
    stop.release();
    await server?.close();
  }
}

function limitsOf(flags: ProveFlags): ProveOptions['limits'] {
  const common = { errorsMax: orNull(flags.errors), lateShareMax: flags.late };
  if (flags.p99 === undefined && flags.p999 === undefined) {
    return { p99Ms: DEFAULT_P99_MS, p999Ms: DEFAULT_P999_MS, ...common };
  }
  return { p99Ms: orNull(flags.p99), p999Ms: orNull(flags.p999), ...common };
}

/** "none", or not given beside another limit: not judged. */
function orNull(limitGiven = Infinity): number | null {
  return limitGiven === Infinity ? null : limitGiven;
}

function report(result: ProveResult, flags: ProveFlags): void {
  process.stdout.write(textReport(result));
  writeReports([
    { path: flags.json, text: () => `${JSON.stringify(result, null, 1)}\n` },
    { path: flags.html, text: () => htmlReport(result) },
  ]);
}
