import { writeFileSync } from 'node:fs';
import { unwritable } from '../standard-streams.js';

/** Writes a report to the file that was asked for. @throws Error that says what to do */
export function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new Error(unwritable(path, cause), { cause });
  }
}
