import { inject } from 'vitest';
import type { Availability, OutsideName } from './outside-programs.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly outsidePrograms: Availability;
  }
}

/**
 * Declares what a test file needs from outside, for `describe.skipIf(lacks('redis-server'))`. The
 * names must be written out in the call: the global set-up reads them, brings the programs before
 * the first test, and says at the end of the run what was skipped for want of which.
 *
 * @returns whether any of them is missing and could not be brought
 */
export function lacks(...names: readonly OutsideName[]): boolean {
  const availability = inject('outsidePrograms');
  return names.some((name) => {
    const reason = availability[name];
    if (reason !== undefined) return reason !== null;
    throw new Error(`write lacks('${name}') with the name in the call, in the test file itself`);
  });
}
