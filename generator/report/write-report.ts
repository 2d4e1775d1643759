import { closeSync, openSync, writeFileSync } from 'node:fs';
import { unwritable } from '../standard-streams.js';

/** A report, and the file that was asked for. */
export interface ReportFile {
  /** Undefined where none was. */
  readonly path: string | undefined;
  readonly text: () => string;
}

/**
 * To be called before a run, which may take minutes: its report must find a place.
 *
 * @throws Error that says what to do, where one of the files cannot be written
 */
export function checkReportPaths(paths: readonly (string | undefined)[]): void {
  for (const path of paths) {
    // What stands there stays until there is a report.
    if (path !== undefined) orUnwritable(path, () => closeSync(openSync(path, 'a')));
  }
}

/**
 * Writes reports to the files that were asked for; one that fails does not cost the others.
 *
 * @throws Error that says what to do, for the first that failed
 */
export function writeReports(reports: readonly ReportFile[]): void {
  const faults: unknown[] = [];
  for (const { path, text } of reports) {
    if (path === undefined) continue;
    try {
      orUnwritable(path, () => writeFileSync(path, text()));
    } catch (fault) {
      faults.push(fault);
    }
  }
  if (faults.length > 0) throw faults[0];
}

function orUnwritable(path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    throw new Error(unwritable(path, cause), { cause });
  }
}
