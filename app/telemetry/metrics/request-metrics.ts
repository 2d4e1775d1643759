import type { ConnectionEnd } from '../../serving/finished-request.js';
import type { RefusalReason } from '../../serving/finished-request.js';
import type { FinishedRequest } from '../../serving/finished-request.js';
import type { Counter, Histogram, MetricsRecorder } from './recorder.js';

/** Methods that get a series of their own; a client may send any word as a method. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const WATCHED_REFUSALS: readonly RefusalReason[] = [
  'unauthorized',
  'bad_request',
  'overload_inflight',
  'overload_queue',
  'deadline',
  'model_unavailable',
];

const CONNECTION_ENDS: readonly ConnectionEnd[] = [
  'evicted',
  'full',
  'address_full',
  'pipelined',
  'unread',
];

type Status = FinishedRequest['status'];

/** The series of requests that are alike. */
interface RequestSeries {
  readonly route: string;
  readonly method: string;
  readonly status: Status;
  readonly count: Counter;
  /** How fast regno is shows where it did its work: not in refusals, nor where the client left. */
  readonly duration: Histogram | undefined;
}

/** Counts requests, and holds how many are in flight. */
export class RequestMetrics {
  #inflight = 0;
  readonly #series = new Map<string, RequestSeries>();
  /** Most requests are like the one before: no key to be made and looked up for them. */
  #last: RequestSeries;

  /** The faults that alerts watch start at 0: a counter that is born with its first event shows no rise. */
  constructor(private readonly recorder: MetricsRecorder) {
    for (const status of [500, 503]) this.#seriesOf('/reg/', 'POST', status);
    this.#last = this.#seriesOf('/reg/', 'POST', 200);
    for (const reason of WATCHED_REFUSALS) recorder.counter('refusals', reason);
    for (const reason of CONNECTION_ENDS) recorder.counter('connectionEnds', reason);
  }

  get inflight(): number {
    return this.#inflight;
  }

  started(): void {
    this.#inflight += 1;
  }

  finished(request: FinishedRequest): void {
    this.#inflight -= 1;
    const { route, method, status, refusal, faultyFields } = request;
    const last = this.#last;
    if (last.route !== route || last.method !== method || last.status !== status) {
      this.#last = this.#seriesOf(route, METHODS.has(method) ? method : 'other', status);
    }
    this.#last.count.inc();
    this.#last.duration?.observe(request.seconds);
    if (refusal !== undefined && refusal !== 'internal') {
      this.recorder.counter('refusals', refusal).inc();
    }
    for (const field of faultyFields ?? []) this.recorder.counter('invalidFields', field).inc();
  }

  /** A request that never reached the application. */
  refusedByParser(reason: RefusalReason): void {
    this.recorder.counter('refusals', reason).inc();
  }

  connectionEnded(reason: ConnectionEnd): void {
    this.recorder.counter('connectionEnds', reason).inc();
  }

  #seriesOf(route: string, method: string, status: Status): RequestSeries {
    const key = `${route} ${method} ${status}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const count = this.recorder.counter('httpRequests', route, method, String(status));
      const duration = isServed(status)
        ? this.recorder.histogram('httpDuration', route)
        : undefined;
      series = { route, method, status, count, duration };
      this.#series.set(key, series);
    }
    return series;
  }
}

function isServed(status: Status): boolean {
  return status !== 'aborted' && (status < 400 || status >= 500);
}
