import { accessSync, closeSync, constants, openSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
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
    if (path !== undefined) orUnwritable(path, () => assertWritable(path));
  }
}

/** Makes nothing, changes nothing, and leaves pipes and devices alone: they are opened once only. */
function assertWritable(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) accessSync(dirname(path), constants.W_OK);
  else if (found.isFile() || found.isDirectory()) closeSync(openSync(path, 'a'));
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
