import { Redis } from 'ioredis';
import type { SharedCache } from '../services/ports.js';
import { CircuitBreaker, type BreakerState } from './circuit-breaker.js';

export type LookUpResult = 'hit' | 'miss' | 'error' | 'timeout' | 'skipped';

export interface RedisCacheOptions {
  readonly url: string;
  /** A look-up that takes longer is a miss. */
  readonly timeoutMs: number;
  readonly ttlSeconds: number;
  /** Told once per look-up. */
  readonly onLookUp: (result: LookUpResult, seconds: number) => void;
  /** Told whenever Redis becomes usable or ceases to be. */
  readonly onAvailable: (available: boolean) => void;
  readonly onBreaker: (state: BreakerState) => void;
}

interface Pending {
  readonly key: string;
  readonly done: (positive: number | undefined) => void;
  readonly startedAt: number;
}

/** Look-ups that may be on their way at once; more are skipped, as Redis is plainly too slow. */
const IN_FLIGHT_MAX = 4096;
const FAILURES_TO_OPEN = 5;
const OPEN_MS = 1000;
/** A value is the probability's eight bytes, so that it comes back to the last bit. */
const VALUE_BYTES = 8;

/**
 * The shared level of the cache. Look-ups of one turn of the event loop go out as one MGET under one
 * deadline. Redis may be slow, frozen or gone: that is a miss, and a breaker stops asking for a
 * while, so that the service neither waits nor piles up commands.
 */
export class RedisCache implements SharedCache {
  readonly #redis: Redis;
  readonly #breaker: CircuitBreaker;
  #pending: Pending[] = [];
  #inFlight = 0;
  #available = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(private readonly options: RedisCacheOptions) {
    this.#redis = new Redis(options.url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 500,
      // A frozen server keeps the socket open: without this, commands would pile up behind it.
      socketTimeout: 1000,
      keepAlive: 30_000,
      retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 1000),
    });
    this.#breaker = new CircuitBreaker({
      failuresToOpen: FAILURES_TO_OPEN,
      openMs: OPEN_MS,
      now: () => performance.now(),
      onChange: (state) => {
        options.onBreaker(state);
        this.#tellAvailable();
        if (state === 'open') this.#scheduleProbe();
      },
    });
    // Without a listener ioredis prints; what goes wrong shows in the results of look-ups.
    this.#redis.on('error', () => this.#tellAvailable());
    this.#redis.on('ready', () => {
      // A fresh connection has answered already: no need to wait for a request to probe it.
      this.#breaker.succeeded();
      this.#tellAvailable();
    });
    this.#redis.on('close', () => this.#tellAvailable());
  }

  /** Begins to connect and does not wait: the service starts with or without Redis. */
  start(): void {
    this.options.onAvailable(false);
    this.#redis.connect().catch(() => undefined);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#probe);
    await Promise.race([
      this.#redis.quit().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, 200).unref()),
    ]);
    this.#redis.disconnect();
  }

  lookUp(key: string, done: (positive: number | undefined) => void): void {
    if (
      this.#redis.status !== 'ready' ||
      this.#inFlight >= IN_FLIGHT_MAX ||
      !this.#breaker.allows()
    ) {
      this.options.onLookUp('skipped', 0);
      done(undefined);
      return;
    }
    this.#inFlight += 1;
    this.#pending.push({ key, done, startedAt: performance.now() });
    if (this.#pending.length === 1) setImmediate(() => this.#send());
  }

  store(key: string, positive: number): void {
    if (this.#redis.status !== 'ready' || this.#breaker.state !== 'closed') return;
    const value = Buffer.allocUnsafe(VALUE_BYTES);
    value.writeDoubleLE(positive);
    this.#redis.set(key, value, 'EX', this.options.ttlSeconds).catch(() => undefined);
  }

  #send(): void {
    const batch = this.#pending;
    this.#pending = [];
    const values = this.#redis.mgetBuffer(batch.map((item) => item.key));
    this.#underDeadline(values, (failure, found) => {
      for (const [i, item] of batch.entries()) this.#finish(item, failure, found[i]);
    });
  }

  /** Settles once, at the deadline at the latest, and tells the breaker how it went. */
  #underDeadline(
    answer: Promise<readonly unknown[]>,
    done: (failure: 'error' | 'timeout' | undefined, found: readonly unknown[]) => void,
  ): void {
    let settled = false;
    const settle = (failure: 'error' | 'timeout' | undefined, found: readonly unknown[]): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      if (failure === undefined) this.#breaker.succeeded();
      else this.#breaker.failed();
      done(failure, found);
    };
    const timer = setTimeout(() => settle('timeout', []), this.options.timeoutMs);
    answer.then(
      (found) => settle(undefined, found),
      () => settle('error', []),
    );
  }

  /** Without traffic no look-up would find out that Redis answers again. */
  #scheduleProbe(): void {
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => {
      // A connection that is being made anew closes the breaker when it is ready.
      if (this.#redis.status !== 'ready') return;
      if (this.#breaker.allows()) {
        this.#underDeadline(
          this.#redis.ping().then(() => []),
          () => undefined,
        );
      } else if (this.#breaker.state === 'open') {
        this.#scheduleProbe();
      }
    }, OPEN_MS).unref();
  }

  #finish(item: Pending, failure: 'error' | 'timeout' | undefined, value: unknown): void {
    this.#inFlight -= 1;
    const positive = probabilityOf(value);
    const result = failure ?? (positive === undefined ? 'miss' : 'hit');
    this.options.onLookUp(result, (performance.now() - item.startedAt) / 1000);
    item.done(positive);
  }

  #tellAvailable(): void {
    const available = this.#redis.status === 'ready' && this.#breaker.state === 'closed';
    if (available === this.#available) return;
    this.#available = available;
    this.options.onAvailable(available);
  }
}

/** The probability that a stored value holds; undefined for anything else that lies there. */
function probabilityOf(value: unknown): number | undefined {
  if (!Buffer.isBuffer(value) || value.length !== VALUE_BYTES) return undefined;
  const positive = value.readDoubleLE();
  return positive >= 0 && positive <= 1 ? positive : undefined;
}
