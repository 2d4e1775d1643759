import { Connection, type CloseReason, type ConnectionOwner, type Endpoint } from './connection.js';
import { outcomeOfStatus, type Outcome } from './outcomes.js';
import { SlotQueue } from './slot-queue.js';

/** How one request went; times in ms, `serviceMs` NaN where it was never sent. */
export type ReportRequest = (
  intendedMs: number,
  latenessMs: number,
  latencyMs: number,
  serviceMs: number,
  outcome: Outcome,
) => void;

/** What writes the next request into a connection's buffer; gives its length in bytes. */
export interface RequestSource {
  write(connection: Connection, nowMs: number): number;
}

export interface LaneOptions {
  readonly endpoint: Endpoint;
  readonly source: RequestSource;
  readonly now: () => number;
  readonly report: ReportRequest;
  /** Whether a 200 answer's body is right. */
  readonly isGoodAnswer: (body: Buffer) => boolean;
  /** Called when a connection has become free, with the time: what is due may be sent now. */
  readonly onFree: (nowMs: number) => void;
  /** Closed loop: asked for another request whenever a connection is free. */
  readonly refill?: () => boolean;
  readonly connectionsMin: number;
  readonly connectionsMax: number;
  /** Counted from the intended send time. */
  readonly timeoutMs: number;
  readonly queueLimit: number;
  /** Whether to stop knocking for a while at a target that does not open connections. */
  readonly backOff: boolean;
}

/**
 * One thread's way to one target: a client queue and the connections that empty it. Connections are
 * used in turn, so that a cluster's workers all get their share, and opened on demand up to a limit.
 */
export class Lane implements ConnectionOwner {
  readonly #queue: SlotQueue;
  readonly #connections = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #openCount = 0;
  #busyCount = 0;
  #connectFailures = 0;
  #quietUntilMs = -Infinity;
  #closing = false;

  constructor(private readonly options: LaneOptions) {
    this.#queue = new SlotQueue(options.queueLimit);
  }

  /** Requests sent and not yet answered. */
  get inflight(): number {
    return this.#busyCount;
  }

  /** Requests that are due and wait for a connection. */
  get waiting(): number {
    return this.#queue.length;
  }

  get connectionsOpen(): number {
    return this.#openCount;
  }

  /** Opens the connections that are kept from the start. */
  start(): void {
    while (this.#connections.size < this.options.connectionsMin) this.#connect();
  }

  /** Puts a due request into the queue; `pump` sends it. */
  offer(intendedMs: number, latenessMs: number): void {
    const quiet = this.options.backOff && this.options.now() < this.#quietUntilMs;
    if (quiet || !this.#queue.push(intendedMs, latenessMs)) {
      this.options.report(intendedMs, latenessMs, 0, NaN, 'not_sent');
    }
  }

  /** Sends what waits, as far as connections are free, and opens more where that is allowed. */
  pump(nowMs: number): void {
    this.#expire(nowMs);
    this.#sendWaiting(nowMs);
    const { refill, connectionsMax } = this.options;
    if (refill) {
      while (this.#idle.length > 0 && refill()) {
        this.#queue.push(nowMs, 0);
        this.#sendWaiting(nowMs);
      }
    }
    let opening = this.#connections.size - this.#openCount;
    while (opening < this.#queue.length && this.#connections.size < connectionsMax) {
      this.#connect();
      opening += 1;
    }
  }

  /** Gives up on requests that are over their time; call it every few ms. */
  sweep(nowMs: number): void {
    const { timeoutMs, report, refill, connectionsMax } = this.options;
    for (const connection of this.#connections) {
      const { intendedMs, latenessMs, sentMs } = connection;
      if (!connection.busy || nowMs - intendedMs < timeoutMs) continue;
      this.#remove(connection);
      connection.destroy();
      report(intendedMs, latenessMs, nowMs - intendedMs, nowMs - sentMs, 'timeout');
    }
    if (refill && !this.#closing) while (this.#connections.size < connectionsMax) this.#connect();
    this.pump(nowMs);
  }

  /** Ends every connection; what is in flight is not reported. */
  close(): void {
    this.#closing = true;
    for (const connection of this.#connections) connection.destroy();
    this.#connections.clear();
    this.#idle.length = 0;
    this.#openCount = 0;
    this.#busyCount = 0;
  }

  opened(connection: Connection): void {
    this.#openCount += 1;
    this.#connectFailures = 0;
    this.#idle.push(connection);
    this.options.onFree(this.options.now());
  }

  answered(connection: Connection): void {
    const nowMs = this.options.now();
    const { intendedMs, latenessMs, sentMs, answer } = connection;
    let outcome = outcomeOfStatus(answer.status, connection.expectsRefusal);
    if (outcome === 'ok' && connection.checked && !this.options.isGoodAnswer(answer.body())) {
      outcome = 'bad_answer';
    }
    this.options.report(intendedMs, latenessMs, nowMs - intendedMs, nowMs - sentMs, outcome);
    this.#busyCount -= 1;
    if (answer.keepAlive) {
      this.#idle.push(connection);
    } else {
      // No longer busy, so that its removal does not count it down a second time.
      this.#remove(connection);
      connection.destroy();
    }
    this.options.onFree(nowMs);
  }

  closed(connection: Connection, reason: CloseReason): void {
    const nowMs = this.options.now();
    const wasBusy = connection.busy;
    this.#remove(connection, reason !== 'connect');
    if (wasBusy) {
      const { intendedMs, latenessMs, sentMs } = connection;
      const outcome = reason === 'malformed' ? 'bad_answer' : 'reset';
      this.options.report(intendedMs, latenessMs, nowMs - intendedMs, nowMs - sentMs, outcome);
    }
    if (reason === 'connect') this.#connectFailed(nowMs);
    this.options.onFree(nowMs);
  }

  #sendWaiting(nowMs: number): void {
    while (this.#queue.length > 0) {
      const connection = this.#idle.shift();
      if (connection === undefined) return;
      connection.intendedMs = this.#queue.headIntendedMs;
      connection.latenessMs = this.#queue.headLatenessMs;
      this.#queue.drop();
      const length = this.options.source.write(connection, nowMs);
      this.#busyCount += 1;
      connection.sentMs = this.options.now();
      connection.send(length);
    }
  }

  #expire(nowMs: number): void {
    const { timeoutMs, report } = this.options;
    while (this.#queue.length > 0 && nowMs - this.#queue.headIntendedMs >= timeoutMs) {
      const intendedMs = this.#queue.headIntendedMs;
      const latenessMs = this.#queue.headLatenessMs;
      this.#queue.drop();
      report(intendedMs, latenessMs, nowMs - intendedMs, NaN, 'timeout');
    }
  }

  #connect(): void {
    this.#connections.add(new Connection(this.options.endpoint, this));
  }

  /** One failed try costs one waiting request: the one that the connection was opened for. */
  #connectFailed(nowMs: number): void {
    this.#connectFailures += 1;
    this.#giveUpHead(nowMs, 'connect');
    if (!this.options.backOff || this.#connectFailures < FAILURES_BEFORE_QUIET) return;
    const doublings = Math.min(this.#connectFailures - FAILURES_BEFORE_QUIET, 6);
    // Half fixed, half at random: many generators must not knock in step.
    this.#quietUntilMs =
      nowMs + Math.min(QUIET_MS * 2 ** doublings, QUIET_MS_MAX) * (0.5 + Math.random() / 2);
    while (this.#queue.length > 0) this.#giveUpHead(nowMs, 'not_sent');
  }

  #giveUpHead(nowMs: number, outcome: Outcome): void {
    if (this.#queue.length === 0) return;
    const intendedMs = this.#queue.headIntendedMs;
    this.options.report(intendedMs, this.#queue.headLatenessMs, nowMs - intendedMs, NaN, outcome);
    this.#queue.drop();
  }

  #remove(connection: Connection, wasOpen = connection.open): void {
    if (!this.#connections.delete(connection)) return;
    if (wasOpen) this.#openCount -= 1;
    if (connection.busy) this.#busyCount -= 1;
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

const FAILURES_BEFORE_QUIET = 3;
const QUIET_MS = 250;
const QUIET_MS_MAX = 15_000;
