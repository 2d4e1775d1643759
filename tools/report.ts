import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';

/** What every report says of where it comes from. */
export interface ReportHead {
  readonly date: string;
  readonly command: string;
  readonly machine: string;
}

export const RESULTS = fileURLToPath(new URL('../bench/results', import.meta.url));

/**
 * @param script the npm script that was run, e.g. `bench:rows`
 * @param note what else a reader of the figures must know of the machine
 * @param node version of the Node that was measured, where it is not this one
 */
export function reportHead(
  script: string,
  note = ', load tool on the same machine',
  node = process.version,
): ReportHead {
  const words = ['npm run', script, '--', ...process.argv.slice(2)].join(' ');
  const cpu = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    date: new Date().toISOString().slice(0, 10),
    command: words.replace(/ --$/, ''),
    machine: `${availableParallelism()} x ${cpu}, ${memory}, Node ${node}${note}`,
  };
}

/** Writes `bench/results/NAME-DATE.json` and gives its path. */
export function writeReport(name: string, report: ReportHead): string {
  mkdirSync(RESULTS, { recursive: true });
  const path = `${RESULTS}/${name}-${report.date}.json`;
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}

/** A table for the terminal: the first column holds names, the others figures. */
export function figuresTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** A whole number with commas between thousands. */
export function whole(value: number): string {
  return Number.isNaN(value) ? '' : Math.round(value).toLocaleString('en');
}
