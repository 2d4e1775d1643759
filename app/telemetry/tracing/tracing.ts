import type { FinishedRequest } from '../../serving/finished-request.js';
import { RateWindow } from '../rate-window.js';
import {
  beginTrace,
  continueTrace,
  openSampledTraces,
  type OpenTrace,
} from '../../serving/trace-context.js';
import { StageTracer } from './stage-tracer.js';
import { recordOf, type TraceRecord } from './trace-record.js';

export interface TracingOptions {
  /** Share of requests that are traced where the caller has not decided, 0..1. */
  readonly sampleRatio: number;
  /** Takes the traces of requests that are over. */
  readonly send: (records: readonly TraceRecord[]) => void;
  /** Called for each trace that the limit per second holds back. */
  readonly onDropped: () => void;
  /** Seconds on the clock of the requests' start. */
  readonly now: () => number;
}

export interface Tracing {
  readonly open: OpenTrace;
  /** Wraps the decision path; undefined where tracing is off. */
  readonly stages: StageTracer | undefined;
  /**
   * Sends the spans of a request that was sampled or failed.
   *
   * @returns the request, with the trace that it got where it failed without one
   */
  finished(request: FinishedRequest): FinishedRequest;
  /** Sends what waits. */
  stop(): void;
}

/** Without a collector: a caller's trace is continued and answered; nothing is recorded. */
export const NO_TRACING: Tracing = {
  open: continueTrace,
  stages: undefined,
  finished: (request) => request,
  stop: () => undefined,
};

const SEND_INTERVAL_MS = 1000;
/** Traces of a second that callers may ask for, or that failed: beyond, they are dropped. */
const TRACES_PER_SECOND_MAX = 100;

/**
 * Traces of a worker, made by hand: a request and its stages are sent to the primary once the request
 * is over, and only where it was sampled or failed. OpenTelemetry's automatic instrumentation is not
 * used: it costs more than a decision does (docs/tracing.md).
 */
export function createTracing({ sampleRatio, send, onDropped, now }: TracingOptions): Tracing {
  let waiting: TraceRecord[] = [];
  const sendAll = (): void => {
    if (waiting.length === 0) return;
    send(waiting);
    waiting = [];
  };
  const timer = setInterval(sendAll, SEND_INTERVAL_MS).unref();
  const budget = new RateWindow(TRACES_PER_SECOND_MAX, now);
  const isWithinBudget = (): boolean => {
    if (budget.takes()) return true;
    onDropped();
    return false;
  };
  const failed = (request: FinishedRequest): FinishedRequest => {
    if (request.status === 'aborted' || request.status < 500) return request;
    if (!isWithinBudget()) return request;
    const trace = request.trace ?? beginTrace();
    waiting.push(recordOf(request, trace, now()));
    return { ...request, trace };
  };
  return {
    open: openSampledTraces(
      (parent) => (parent ?? Math.random() < sampleRatio) && isWithinBudget(),
    ),
    stages: new StageTracer(now),
    finished: (request) => {
      const { trace } = request;
      if (trace?.sampled !== true) return failed(request);
      waiting.push(recordOf(request, trace, now()));
      return request;
    },
    stop: () => {
      clearInterval(timer);
      sendAll();
    },
  };
}
