import type { LateSends } from './recorder.js';

/** What a run must keep; a limit that is null is not judged. */
export interface Limits {
  readonly p99Ms: number | null;
  readonly p999Ms: number | null;
  /** The most requests that may fail. */
  readonly errorsMax: number | null;
  /** More sends than this share over 10 ms late, and the result is not valid. */
  readonly lateShareMax: number;
}

/** What a verdict is made from. */
export interface Judged {
  readonly requests: number;
  readonly errors: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly lateSends: LateSends;
  /** Requests that the schedule held and that nobody accounted for. */
  readonly unaccounted: number;
  /** Busy share of the busiest thread's event loop, 0..1. */
  readonly utilizationMax: number;
  readonly interrupted: boolean;
}

export interface Verdict {
  readonly kind: 'passed' | 'failed' | 'not-valid';
  /** Plain sentences; the first one says it all. */
  readonly sentences: readonly string[];
}

/** Exit codes of `prove` and `max`; 2 is wrong usage, as for most commands. */
export const EXIT_CODES = { passed: 0, failed: 1, usage: 2, 'not-valid': 3 } as const;

/** The usual {@link Limits.lateShareMax}: beyond it even p99 measures the generator. */
export const LATE_SHARE_MAX = 0.01;
/** A thread busier than this has no time left to send on time, or to see answers when they come. */
export const UTILIZATION_MAX = 0.95;

/**
 * Judges a run. Late sends make latencies longer, never shorter, since they count from the intended time;
 * yet beyond the limit for late sends the figures measure the generator, and no verdict is given.
 */
export function judge(judged: Judged, limits: Limits): Verdict {
  const faults = faultsOfGenerator(judged, limits);
  if (faults.length > 0) {
    return {
      kind: 'not-valid',
      sentences: [
        `NOT VALID: ${faults.join('; ')}.`,
        'The figures measure the generator, not the service. Lower --rate, add --threads, give the ' +
          'generator a machine or a core of its own, and run again.',
      ],
    };
  }
  const checks = [...checksOf(judged, limits)];
  const missed = checks.filter((check) => !check.held);
  const kind = missed.length === 0 ? 'passed' : 'failed';
  const says = (list: readonly Check[]): string => list.map((check) => check.sentence).join('; ');
  const head = `${judged.requests.toLocaleString('en-US')} requests: ${says(kind === 'passed' ? checks : missed)}.`;
  const sentences = [`${kind === 'passed' ? 'PASSED' : 'FAILED'}: ${head}`];
  if (kind === 'failed' && judged.lateSends.over10Ms > 0) {
    sentences.push(
      `${judged.lateSends.over10Ms} sends were more than 10 ms late; part of the latency is the generator's.`,
    );
  }
  return { kind, sentences };
}

interface Check {
  readonly held: boolean;
  readonly sentence: string;
}

function faultsOfGenerator(judged: Judged, limits: Limits): string[] {
  const faults: string[] = [];
  const share = judged.requests === 0 ? 0 : judged.lateSends.over10Ms / judged.requests;
  if (judged.interrupted) faults.push('the run was interrupted before its end');
  if (judged.requests === 0) faults.push('no request was measured');
  if (share > limits.lateShareMax) {
    faults.push(
      `the generator could not send on time: ${(share * 100).toFixed(1)} % of sends were more than 10 ms ` +
        `late (at most ${limits.lateShareMax * 100} % may be), the worst ${judged.lateSends.worstMs.toFixed(0)} ms`,
    );
  }
  if (judged.utilizationMax > UTILIZATION_MAX) {
    faults.push(
      `the generator was saturated: a thread was busy ${(judged.utilizationMax * 100).toFixed(0)} % of ` +
        `the time (at most ${UTILIZATION_MAX * 100} % leaves room to send and to see answers on time)`,
    );
  }
  if (judged.unaccounted !== 0 && !judged.interrupted) {
    faults.push(`${judged.unaccounted} requests of the schedule are unaccounted for`);
  }
  return faults;
}

function* checksOf(judged: Judged, limits: Limits): Generator<Check> {
  if (limits.errorsMax !== null) yield errorCheck(judged.errors, limits.errorsMax);
  if (limits.p99Ms !== null) yield latencyCheck('p99', judged.p99Ms, limits.p99Ms);
  if (limits.p999Ms !== null) yield latencyCheck('p99.9', judged.p999Ms, limits.p999Ms);
}

function errorCheck(errors: number, max: number): Check {
  const held = errors <= max;
  const count = errors === 0 ? 'no errors' : `${errors} ${errors === 1 ? 'error' : 'errors'}`;
  return { held, sentence: max === 0 && held ? count : `${count} (limit ${max})` };
}

function latencyCheck(name: string, ms: number, maxMs: number): Check {
  if (Number.isNaN(ms)) return { held: false, sentence: `${name} unknown, nothing was answered` };
  return { held: ms <= maxMs, sentence: `${name} ${ms.toFixed(2)} ms (limit ${maxMs} ms)` };
}
