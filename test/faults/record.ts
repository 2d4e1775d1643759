import { appendFileSync } from 'node:fs';
import { REPORT_VARIABLE } from './settings.js';

/** One line of the report: what was done, and what was seen. */
export interface FaultRecord {
  readonly fault: string;
  /** Null, as JSON has no NaN, where there was nothing to measure. */
  readonly seen: Readonly<Record<string, number | null>>;
}

/** Leaves a record for the report of `run.ts`; called before anything is asserted. */
export function record(fault: string, seen: FaultRecord['seen']): void {
  const path = process.env[REPORT_VARIABLE];
  const line = JSON.stringify({ fault, seen } satisfies FaultRecord);
  if (path === undefined) console.log(line);
  else appendFileSync(path, `${line}\n`);
}
