import { Option, type Command } from 'commander';
import { max, type MaxEngine, type MaxOptions, type MaxResult } from './max.js';
import {
  COMMON_HELP,
  addCommonOptions,
  durationOrZero,
  integer,
  loadOptions,
  number,
  type CommonFlags,
  timeOption,
} from './options.js';
import { onStopSignal } from './stop-signal.js';
import { checkReportPaths, writeReports } from './report/write-report.js';
import { EXIT_CODES } from './verdict.js';

interface MaxFlags extends CommonFlags {
  readonly engine: MaxEngine;
  readonly duration: number;
  readonly amount?: number;
  readonly warmup: number;
  readonly atLeast?: number;
  readonly json?: string;
}

/** Adds `max`. */
export function addMaxCommand(program: Command): void {
  const command = program
    .command('max')
    .description('closed loop: how many requests per second can be got through?')
    .addOption(
      new Option('-e, --engine <name>', 'autocannon, or lean: the own client, which costs less CPU')
        .choices(['autocannon', 'lean'])
        .default('autocannon'),
    )
    .addOption(timeOption('-d, --duration <time>', 'how long to measure', '10s'))
    .option('-n, --amount <n>', 'stop after so many requests instead', integer(1, 1e9))
    .addOption(
      timeOption('--warmup <time>', 'same load before, not measured', '2s', durationOrZero),
    )
    .option('--at-least <n>', 'good answers per second that must be reached', number(0, 1e7))
    .option('--json <file>', 'write the figures to a JSON file');
  addCommonOptions(command, { repeat: 0, faulty: 0 })
    .addHelpText('after', COMMON_HELP + MAX_HELP)
    .action(runMax);
}

const MAX_HELP = `
No latency is printed: a closed loop waits for a service that stalls, and leaves out the requests that would
have suffered. Ask "prove" for latencies. The tool shares the machine with the service: what it costs is in
the report, and --engine lean costs less. autocannon takes the first --url and --key, in one thread; it knows
neither --check nor --faulty.
Exit:    0 no errors, and --at-least reached · 1 not so · 2 wrong usage.

Examples:
  npm run load:max                                       autocannon, 64 connections, 10 s
  npm run load:max -- -e lean -n 50000 --at-least 12500  50,000 requests within 4 s`;

async function runMax(flags: MaxFlags): Promise<void> {
  const options: MaxOptions = {
    ...loadOptions(flags, process.env),
    engine: flags.engine,
    durationMs: flags.duration,
    amount: flags.amount ?? null,
    warmUpMs: flags.warmup,
    rateMin: flags.atLeast ?? null,
  };
  checkReportPaths([flags.json]);
  const stop = onStopSignal();
  try {
    const result = await max(options, stop.signal);
    process.stdout.write(maxReport(result));
    writeReports([{ path: flags.json, text: () => `${JSON.stringify(result, null, 1)}\n` }]);
    process.exitCode = result.passed ? EXIT_CODES.passed : EXIT_CODES.failed;
  } finally {
    stop.release();
  }
}

function maxReport(result: MaxResult): string {
  const kinds = Object.entries(result.errorsByKind).map(([kind, count]) => `${kind} ${count}`);
  return [
    '',
    `regno load generator ${result.version}, closed loop by ${result.engine}, ${result.startedAt}`,
    `${result.machine.cpu}, ${result.machine.cores} cores, Node ${result.machine.node}`,
    `target    ${result.urls.join(', ')}, ${result.connections} connections`,
    `readings  ${result.data}, ${result.repeatShare * 100} % repeats`,
    `requests  ${result.requests.toLocaleString('en-US')} in ${result.seconds.toFixed(2)} s`,
    `errors    ${kinds.length === 0 ? 'none' : kinds.join(', ')}`,
    `generator ${result.generatorCpuMicrosPerRequest.toFixed(0)} µs of CPU per request`,
    '',
    result.verdict,
    '',
  ].join('\n');
}
