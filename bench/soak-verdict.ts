import { readFileSync, readdirSync } from 'node:fs';

/** One look at one worker. */
export interface SoakSample {
  /** Since the start of the load. */
  readonly second: number;
  readonly pid: number;
  readonly rssBytes: number;
  readonly pssBytes: number;
  readonly openFiles: number;
  /** The 99th percentile over the last second of the slowest worker; NaN where it was not reported. */
  readonly loopDelayMs: number;
}

/** What clients saw in a slot of time; latencies from the intended send. */
export interface SoakSlot {
  readonly second: number;
  readonly requests: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface SoakCheck {
  readonly held: boolean;
  readonly sentence: string;
}

/** The part of a run in which code is compiled, caches fill and the heap finds its size. */
const WARM_UP_SHARE = 0.3;
/** A rise within this share is noise: V8 grows and shrinks its heap in steps. */
const NOISE_SHARE = 0.05;
const FILES_SLACK = 8;
const P99_GROWTH = 1.2;
/** Shorter than what one turn of a timer may add. */
const P99_SLACK_MS = 0.5;

/** @param seconds the length of the run */
export function judgeSoak(
  samples: readonly SoakSample[],
  slots: readonly SoakSlot[],
  seconds: number,
): readonly SoakCheck[] {
  const warm = samples.filter((sample) => sample.second >= seconds * WARM_UP_SHARE);
  const pids = [...new Set(samples.map((sample) => sample.pid))];
  const errors = slots.reduce((sum, slot) => sum + slot.errors, 0);
  const first = samples[0]?.second;
  const early = samples.filter((sample) => sample.second === first).map((sample) => sample.pid);
  return [
    { held: errors === 0, sentence: `${errors} requests failed` },
    {
      held: pids.length > 0 && pids.length === early.length,
      sentence: `${early.length} workers at the start, ${pids.length - early.length} started later`,
    },
    ...pids.flatMap((pid) => {
      const own = warm.filter((sample) => sample.pid === pid);
      return [memoryCheck(pid, own), filesCheck(pid, own)];
    }),
    latencyCheck(slots),
  ];
}

/**
 * The highest memory of the second half against that of the first, after the warm-up. Memory is a
 * sawtooth whose teeth take minutes, as a full collection is rare: a line through a tooth and a half
 * rises whatever the level does, while the peaks of something that leaks rise with it.
 */
function memoryCheck(pid: number, samples: readonly SoakSample[]): SoakCheck {
  const [before, after] = peaks(samples.map((sample) => sample.rssBytes));
  const noise = NOISE_SHARE * before;
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  return {
    held: after - before <= noise,
    sentence: `worker ${pid}: RSS ${mebibytes(before)} MiB at most in the first half, ${mebibytes(after)} in the second (noise up to ${mebibytes(noise)})`,
  };
}

function filesCheck(pid: number, samples: readonly SoakSample[]): SoakCheck {
  const [before, after] = peaks(samples.map((sample) => sample.openFiles));
  return {
    held: after <= before + FILES_SLACK,
    sentence: `worker ${pid}: ${before} open files at most in the first half, ${after} in the second`,
  };
}

/** The last slot against the second: the first holds the start. */
function latencyCheck(slots: readonly SoakSlot[]): SoakCheck {
  const second = slots[1]?.p99Ms ?? NaN;
  const last = slots.at(-1)?.p99Ms ?? NaN;
  return {
    held: last <= Math.max(second * P99_GROWTH, second + P99_SLACK_MS),
    sentence: `p99 ${second.toFixed(2)} ms in the second slot, ${last.toFixed(2)} ms in the last`,
  };
}

/** The largest of the first half, and of the second. */
function peaks(values: readonly number[]): readonly [number, number] {
  const half = values.length >> 1;
  return [Math.max(...values.slice(0, half)), Math.max(...values.slice(half))];
}

/** NaN for a process that is gone. */
export function rssBytesOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
  } catch {
    return NaN;
  }
}

/** NaN for a process that is gone. */
export function openFilesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return NaN;
  }
}
