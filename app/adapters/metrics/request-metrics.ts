import type { RefusalReason } from '../../routes/refusal.js';
import type { FinishedRequest } from '../../routes/request-context.js';
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

/** Counts requests, and holds how many are in flight. */
export class RequestMetrics {
  #inflight = 0;
  readonly #requests = new Map<string, Counter>();
  readonly #durations = new Map<string, Histogram>();

  /** The faults that alerts watch start at 0: a counter that is born with its first event shows no rise. */
  constructor(private readonly recorder: MetricsRecorder) {
    for (const status of [200, 500, 503]) this.#counter('/reg/', 'POST', status);
    for (const reason of WATCHED_REFUSALS) recorder.counter('refusals', reason);
  }

  get inflight(): number {
    return this.#inflight;
  }

  started(): void {
    this.#inflight += 1;
  }

  finished(request: FinishedRequest): void {
    this.#inflight -= 1;
    const { route, refusal, faultyFields } = request;
    const method = METHODS.has(request.method) ? request.method : 'other';
    this.#counter(route, method, request.status).inc();
    if (isServed(request.status)) this.#duration(route).observe(request.seconds);
    if (refusal !== undefined && refusal !== 'internal') {
      this.recorder.counter('refusals', refusal).inc();
    }
    for (const field of faultyFields ?? []) this.recorder.counter('invalidFields', field).inc();
  }

  /** A request that never reached the application. */
  refusedByParser(reason: RefusalReason): void {
    this.recorder.counter('refusals', reason).inc();
  }

  #counter(route: string, method: string, status: number | 'aborted'): Counter {
    const key = `${route} ${method} ${status}`;
    let counter = this.#requests.get(key);
    if (counter === undefined) {
      counter = this.recorder.counter('httpRequests', route, method, String(status));
      this.#requests.set(key, counter);
    }
    return counter;
  }

  #duration(route: string): Histogram {
    let histogram = this.#durations.get(route);
    if (histogram === undefined) {
      histogram = this.recorder.histogram('httpDuration', route);
      this.#durations.set(route, histogram);
    }
    return histogram;
  }
}

/** How fast regno is shows where it did its work: not in refusals, nor where the client left. */
function isServed(status: number | 'aborted'): boolean {
  return status !== 'aborted' && (status < 400 || status >= 500);
}
