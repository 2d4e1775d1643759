import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import { LiveMeter } from './live.js';
import type { Arrivals } from './load-plan.js';
import { runLoad } from './load-run.js';
import { GeneratorMetrics, serveMetrics } from './metrics-server.js';
import {
  COMMON_HELP,
  addCommonOptions,
  duration,
  integer,
  loadOptions,
  number,
  type CommonFlags,
  timeOption,
} from './options.js';
import { OUTCOMES } from './outcomes.js';
import { lineProgress } from './progress.js';
import { STRIDE, type SampleBatch } from './sample-batch.js';
import { onStopSignal } from './stop-signal.js';

interface DriveFlags extends CommonFlags {
  readonly rate: number;
  readonly dayLength: number;
  readonly startAt: number;
  readonly bursts: number;
  readonly for?: number;
  readonly metricsPort: number;
}

/** Adds `drive`. */
export function addDriveCommand(program: Command): void {
  const command = program
    .command('drive')
    .description('simulates days of traffic, for ever, for dashboards')
    .option(
      '-r, --rate <n>',
      "requests per second, the day's mean apart from bursts",
      number(0.01, 1e5),
      50,
    )
    .addOption(timeOption('--day-length <time>', 'how long a day of the road takes', '1h'))
    .option('--start-at <hour>', "hour of the road's day at the start", number(0, 24), 6)
    .option(
      '--bursts <n>',
      'bursts per minute: one to four seconds at two to four times the rate',
      number(0, 60),
      2,
    )
    .option('--for <time>', 'stop after this time (default: never)', duration)
    .option(
      '--metrics-port <port>',
      'where /metrics and /health are served; 0: any port',
      integer(0, 65_535),
      9_464,
    );
  addCommonOptions(command, { repeat: 0.3, faulty: 0.01 })
    .addHelpText('after', COMMON_HELP + DRIVE_HELP)
    .action(runDrive);
}

const DRIVE_HELP = `
The day:   little at night, a steep rush hour about 8, a broad one about 18; arrivals are random (Poisson).
           New readings carry the road's time of day in time_check.
A target that is down is left alone for 0.25 s, then longer, up to 15 s; what fell due meanwhile counts as
not_sent. SIGTERM or SIGINT ends the run within two seconds; the exit code is then 0.

Examples:
  npm run drive                                    50/s on average, a day in an hour
  npm run drive -- -r 200 --day-length 10m         a day in ten minutes
  npm run drive -- --day-length 24h --faulty 0.02  real time, more faulty requests`;

/** How long requests in flight may take once a stop was asked for. */
const DRAIN_MS = 2_000;
const LINE_EVERY_MS = 30_000;
const LIVE_MS = 1_000;

async function runDrive(flags: DriveFlags): Promise<void> {
  const options = loadOptions(flags, process.env);
  const metrics = new GeneratorMetrics();
  const server = await serveMetrics(metrics, flags.metricsPort);
  process.stderr.write(`metrics at http://127.0.0.1:${server.port}/metrics\n`);
  const stop = onStopSignal();
  const totals = new Totals();
  const startMs = performance.now();
  const progress = lineProgress(process.stderr, flags.for ?? Infinity, LINE_EVERY_MS);
  const ticker = setInterval(() => {
    const nowMs = performance.now();
    progress.update(nowMs - startMs, totals.live.view(nowMs));
  }, LIVE_MS);
  try {
    const listener = {
      samples: (batch: SampleBatch) => {
        metrics.addSamples(batch);
        totals.add(batch);
      },
      states: metrics.setStates.bind(metrics),
    };
    await runLoad(options, arrivalsOf(flags), listener, { signal: stop.signal, drainMs: DRAIN_MS });
  } finally {
    clearInterval(ticker);
    stop.release();
    await server.close();
  }
  process.stdout.write(totals.words());
}

function arrivalsOf(flags: DriveFlags): Arrivals {
  return {
    kind: 'road',
    road: {
      ratePerSecond: flags.rate,
      dayMs: flags.dayLength,
      startHour: flags.startAt,
      burstsPerMinute: flags.bursts,
    },
    totalMs: flags.for ?? Infinity,
  };
}

/** What a drive has done so far. */
class Totals {
  readonly live = new LiveMeter();
  readonly #counts = new Map<string, number>();

  add(batch: SampleBatch): void {
    for (let i = 0; i < batch.count; i += 1) {
      const outcome = OUTCOMES[batch.outcomes[i] ?? 0] ?? 'ok';
      const at = i * STRIDE;
      this.live.add(batch.times[at + 1] ?? 0, batch.times[at + 2] ?? 0, outcome);
      this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    }
  }

  words(): string {
    const parts = [...this.#counts].map(([outcome, count]) => `${outcome} ${count}`);
    return `${parts.length === 0 ? 'nothing was sent' : parts.join(', ')}\n`;
  }
}
