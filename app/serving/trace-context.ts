import { randomFillSync } from 'node:crypto';

/** A part of a traced request; times are seconds on the process's monotonic clock. */
export interface TracedStage {
  readonly name: 'parse' | 'cache' | 'queue' | 'inference';
  readonly startedAt: number;
  readonly endedAt: number;
  /** Numbers and words of regno's own; never anything of a body. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** One request's place in a trace (W3C Trace Context, https://www.w3.org/TR/trace-context/). */
export interface RequestTrace {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits; this request's own. */
  readonly spanId: string;
  /** The caller's span, where it sent one. */
  readonly parentSpanId: string | undefined;
  /** Whether spans are recorded and exported, however the request ends. */
  readonly sampled: boolean;
  /** Filled in along the way where the trace is sampled. */
  readonly stages: TracedStage[];
}

/** @param traceparent the request's header, where it has one */
export type OpenTrace = (
  traceparent: string | readonly string[] | undefined,
) => RequestTrace | undefined;

export interface Traceparent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const SAMPLED = 1;

/** Reads a `traceparent`; undefined for anything that the specification calls invalid. */
export function parseTraceparent(header: string): Traceparent | undefined {
  const [, version, traceId = NO_TRACE, spanId = NO_SPAN, flags = '', more] =
    TRACEPARENT.exec(header) ?? [];
  // Later versions may say more behind the flags; version 00 may not.
  if (version === '00' && more !== undefined) return undefined;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

/** Value of `traceresponse`: which trace and span the answer belongs to. */
export function formatTraceresponse(trace: RequestTrace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`;
}

/** Where no spans are exported: a caller's trace is continued, none is begun. */
export const continueTrace: OpenTrace = (traceparent) => {
  if (typeof traceparent !== 'string') return undefined;
  const parent = parseTraceparent(traceparent);
  return parent === undefined ? undefined : traceOf(parent, false);
};

/**
 * Where spans are exported: a caller's trace is continued, and a share of the other requests begins
 * one. The rest has none, as ids that nobody will ask for would cost each request a microsecond.
 *
 * @param sampled decides on recording; given the caller's own decision where there is one
 */
export function openSampledTraces(sampled: (parent: boolean | undefined) => boolean): OpenTrace {
  return (traceparent) => {
    const parent = typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
    const isSampled = sampled(parent?.sampled);
    return parent === undefined && !isSampled ? undefined : traceOf(parent, isSampled);
  };
}

/** A trace for a request that turned out to be worth one when it was over. */
export function beginTrace(): RequestTrace {
  return traceOf(undefined, false);
}

function traceOf(parent: Traceparent | undefined, sampled: boolean): RequestTrace {
  return {
    traceId: parent?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    parentSpanId: parent?.spanId,
    sampled,
    stages: [],
  };
}

const pool = Buffer.alloc(8192);
let used = pool.length;

/**
 * Ids from a pool of random bytes: asking the system for each would cost ten times as much.
 *
 * @returns two hex digits per byte, never all zeros
 */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const start = used;
  used += bytes;
  const hex = pool.toString('hex', start, used);
  // All zeros means "none"; one in 2^64, and yet.
  return /^0+$/.test(hex) ? randomHex(bytes) : hex;
}
