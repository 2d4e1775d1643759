/**
 * Lets things go wrong around the real service, one after another, with the load generator as the
 * witness: `npm run test:faults [-- --quick] [-- --p99 <ms>] [-- --only <text>] [-- --node24]`. Some
 * fifteen minutes; `--quick` some seven. Prints what was seen and writes it to bench/results.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { figuresTable, reportHead, writeReport, type ReportHead } from '../../tools/report.js';
import { ensureNode24 } from '../../tools/node24.js';
import type { FaultRecord } from './record.js';
import { P99_VARIABLE, QUICK_VARIABLE, REPORT_VARIABLE } from './settings.js';

interface Options {
  readonly quick: boolean;
  readonly p99: string;
  readonly only?: string;
  readonly node24: boolean;
}

interface FaultsReport extends ReportHead {
  readonly passed: boolean;
  readonly records: readonly FaultRecord[];
}

/** All of it, whatever hangs. */
const LIMIT_MS = 30 * 60_000;
const ROOT = resolve(import.meta.dirname, '../..');

function main(): void {
  const options = new Command('test:faults')
    .option('--quick', 'shorter runs of the witness', false)
    .option('--p99 <ms>', 'limit of the 99th percentile', '20')
    .option('--only <text>', 'tests whose name contains this')
    .option('--node24', 'on Node 24, which is fetched from npm', false)
    .parse()
    .opts<Options>();
  const folder = mkdtempSync(join(tmpdir(), 'regno-faults-'));
  const recordsPath = join(folder, 'records.ndjson');
  const only = options.only === undefined ? [] : ['-t', options.only];
  const node = options.node24 ? ensureNode24() : process.execPath;
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const { status } = spawnSync(
    node,
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/faults/vitest.config.ts', ...only],
    {
      cwd: ROOT,
      stdio: 'inherit',
      timeout: LIMIT_MS,
      env: {
        ...process.env,
        [QUICK_VARIABLE]: options.quick ? '1' : '0',
        [P99_VARIABLE]: options.p99,
        [REPORT_VARIABLE]: recordsPath,
      },
    },
  );
  const records = existsSync(recordsPath) ? readRecords(recordsPath) : [];
  rmSync(folder, { recursive: true, force: true });
  const passed = status === 0;
  print(records);
  const head = reportHead('test:faults', undefined, version);
  const report: FaultsReport = { ...head, passed, records };
  // A part, or a quick look, is no result.
  if (options.only === undefined && !options.quick) {
    console.log(writeReport(options.node24 ? 'faults-node24' : 'faults', report));
  }
  process.exitCode = passed ? 0 : 1;
}

/** One record for each fault; of a figure that was seen more than once, the largest. */
function readRecords(path: string): FaultRecord[] {
  const records = new Map<string, Record<string, number | null>>();
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const { fault, seen } = JSON.parse(line) as FaultRecord;
    const known = records.get(fault) ?? {};
    for (const [name, value] of Object.entries(seen)) {
      known[name] =
        value === null ? (known[name] ?? null) : Math.max(value, known[name] ?? -Infinity);
    }
    records.set(fault, known);
  }
  return [...records].map(([fault, seen]) => ({ fault, seen }));
}

function print(records: readonly FaultRecord[]): void {
  const figure = (value: number | null): string =>
    value === null || Number.isInteger(value) ? String(value) : value.toFixed(2);
  const words = (seen: FaultRecord['seen']): string =>
    Object.entries(seen)
      .map(([name, value]) => `${name} ${figure(value)}`)
      .join(' · ');
  const rows = records.map(({ fault, seen }) => [fault, words(seen)]);
  console.log(figuresTable(['fault', 'seen'], rows));
}

main();
