import type { Redis } from 'ioredis';
import type { BreakerState } from './circuit-breaker.js';
import type { RedisAddress } from '../config/redis-url.js';
import { createRedisClient } from './redis-connection.js';
import { causeOf, type RedisCause, type RedisFailure } from './redis-failure.js';
import { RedisGate } from './redis-gate.js';
import { ReplyRefused } from './redis-reply-guard.js';

export interface RedisLinkOptions {
  readonly address: RedisAddress;
  /** What an attempt of the link's own may take. */
  readonly timeoutMs: number;
  readonly ttlSeconds: number;
  /** Called for each failure, those of the link's own attempts included. */
  readonly onFailure: (failure: RedisFailure) => void;
  /** Called when look-ups and stores work (undefined), and when what keeps one from it changes. */
  readonly onState: (failure: RedisFailure | undefined) => void;
  /** Called with the worse of the two gates' states. */
  readonly onBreaker: (state: BreakerState) => void;
}

/** A value is the probability's eight bytes, so that it comes back to the last bit. */
const VALUE_BYTES = 8;
/** One more byte is asked for: it shows that a value is too long. */
const READ_BYTES_MAX = VALUE_BYTES + 1;
/** What the first commands on a new connection may take. */
const FIRST_TIMEOUT_MS = 250;
/** After a failover, a new connection leads to the new primary. */
const RECONNECT_INTERVAL_MS = 5000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 1000;
/** Where no command has failed yet, commands with this key show whether they work. */
const PROBE_KEY = 'regno:probe';
const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/**
 * The connection to Redis: reads and writes probabilities, knows whether either works and why not,
 * and finds out when it does again.
 */
export class RedisLink {
  /** What stands before reads, and what stands before writes. */
  readonly lookUps: RedisGate;
  readonly stores: RedisGate;
  readonly #redis: Redis;
  #failure: RedisFailure | undefined;
  /** What `onState` was last called with; null before the first time. */
  #reported: RedisFailure | undefined | null = null;
  /** What failed last is what the gates try. */
  #failedKey = PROBE_KEY;
  #failedStore: { readonly key: string; readonly positive: number } | undefined;
  #retries = 0;
  #reconnectedAt = -Infinity;

  constructor(private readonly options: RedisLinkOptions) {
    this.#redis = createRedisClient(options.address, READ_BYTES_MAX, () => this.#retryDelayMs());
    this.lookUps = this.#createGate('lookup', (timeoutMs) => this.#tryLookUp(timeoutMs));
    this.stores = this.#createGate('store', (timeoutMs) => this.#tryStore(timeoutMs));
    this.#redis.on('error', (error) => this.#disconnected(causeOf(error)));
    this.#redis.on('close', () => this.#disconnected('closed'));
    this.#redis.on('ready', () => void this.#tryConnection());
  }

  /** Begins to connect, and does not wait for it. */
  start(): void {
    this.lookUps.shut();
    this.stores.shut();
    this.#redis.connect().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.lookUps.stop();
    this.stores.stop();
    this.#redis.removeAllListeners();
    // Without a listener the client prints.
    this.#redis.on('error', () => undefined);
    await Promise.race([
      this.#redis.quit().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, 200).unref()),
    ]);
    this.#redis.disconnect();
  }

  /** The probability under a key; undefined where there is none, or something that is none. */
  async read(key: string): Promise<number | undefined> {
    let value: unknown;
    this.#gather();
    try {
      // Unlike GET and MGET, it makes Redis send no more than is wanted, whatever lies there.
      value = await this.#redis.getrangeBuffer(key, 0, READ_BYTES_MAX - 1);
    } catch (error) {
      if (causeOf(error) === 'WRONGTYPE') return this.#unusable('WRONGTYPE');
      this.#failedKey = key;
      throw error;
    }
    if (!Buffer.isBuffer(value)) return this.#unusable('shape');
    if (value.length === 0) return undefined;
    const positive = value.length === VALUE_BYTES ? value.readDoubleLE() : NaN;
    if (positive >= 0 && positive <= 1) return positive;
    return this.#unusable(value.length > VALUE_BYTES ? 'too_large' : 'shape');
  }

  async write(key: string, positive: number): Promise<void> {
    const value = Buffer.allocUnsafe(VALUE_BYTES);
    value.writeDoubleLE(positive);
    this.#gather();
    try {
      const reply: unknown = await this.#redis.set(key, value, 'EX', this.options.ttlSeconds);
      if (reply === 'OK') return;
    } catch (error) {
      this.#failedStore = { key, positive };
      throw error;
    }
    // Replies and commands are out of step: the next one may belong to another reading.
    this.#redis.stream.destroy();
    throw new ReplyRefused('shape');
  }

  /** The client writes each command for itself; those of one turn leave together. */
  #gather(): void {
    const { stream } = this.#redis;
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  /** What lies under a key is no answer; the next store takes its place. */
  #unusable(cause: RedisCause): number | undefined {
    this.options.onFailure({ command: 'lookup', cause });
    return undefined;
  }

  #createGate(command: 'lookup' | 'store', attempt: (ms: number) => Promise<unknown>): RedisGate {
    return new RedisGate({
      attempt,
      timeoutMs: this.options.timeoutMs,
      canTry: () => this.#redis.status === 'ready',
      onFailure: (cause) => this.#failed({ command, cause }),
      onChange: () => {
        const states = [this.lookUps.state, this.stores.state];
        const worst = Math.max(...states.map((state) => BREAKER_STATES.indexOf(state)));
        this.options.onBreaker(BREAKER_STATES[worst] ?? 'open');
        this.#tellState();
      },
    });
  }

  async #tryConnection(): Promise<void> {
    const timeoutMs = Math.max(FIRST_TIMEOUT_MS, this.options.timeoutMs);
    await this.lookUps.tryNow(timeoutMs);
    if (!this.lookUps.isOpen) return;
    this.#retries = 0;
    await this.stores.tryNow(timeoutMs);
  }

  async #tryLookUp(timeoutMs: number): Promise<void> {
    await this.#select(timeoutMs);
    await inTime(this.read(this.#failedKey), timeoutMs);
  }

  async #tryStore(timeoutMs: number): Promise<void> {
    await this.#select(timeoutMs);
    const again = this.#failedStore;
    const attempt =
      again === undefined
        ? this.#redis.set(PROBE_KEY, '', 'PX', 1)
        : this.write(again.key, again.positive);
    await inTime<unknown>(attempt, timeoutMs);
  }

  /** The client goes on with database 0 where it could not select the one of its URL. */
  async #select(timeoutMs: number): Promise<void> {
    const { db } = this.options.address;
    if (db !== 0) await inTime(this.#redis.select(db), timeoutMs);
  }

  #disconnected(cause: RedisCause): void {
    this.lookUps.shut();
    this.stores.shut();
    // A reply that no command waited for: those that follow cannot be trusted.
    if (cause === 'protocol' && this.#redis.status === 'ready') this.#redis.stream.destroy();
    // What ended the connection has been counted where it is known.
    if (cause !== 'closed' || this.#failure === undefined) {
      this.#failed({ command: 'connect', cause });
    }
  }

  #failed(failure: RedisFailure): void {
    this.options.onFailure(failure);
    if (this.#isNews(failure)) this.#failure = failure;
    this.#tellState();
    if (failure.cause === 'READONLY') this.#reconnect();
  }

  /** False for what shuts nothing, and for what only follows from the failure that is known. */
  #isNews({ command, cause }: RedisFailure): boolean {
    if (command === 'lookup' && this.lookUps.isOpen) return false;
    if (command === 'store' && this.stores.isOpen) return false;
    if (this.#failure === undefined) return true;
    if (command === 'store' && !this.lookUps.isOpen) return false;
    return cause !== 'closed' && cause !== this.#failure.cause;
  }

  #reconnect(): void {
    const now = performance.now();
    if (now - this.#reconnectedAt < RECONNECT_INTERVAL_MS) return;
    this.#reconnectedAt = now;
    this.#redis.disconnect(true);
  }

  #retryDelayMs(): number {
    this.#retries += 1;
    return Math.min(RETRY_MS_MIN * 2 ** Math.min(this.#retries - 1, 10), RETRY_MS_MAX);
  }

  #tellState(): void {
    if (this.lookUps.isOpen && this.stores.isOpen) this.#failure = undefined;
    // It is shut without a reason only at the start, before the first attempt.
    else if (this.#failure === undefined) return;
    if (this.#reported !== null && isSame(this.#reported, this.#failure)) return;
    this.#reported = this.#failure;
    this.options.onState(this.#failure);
  }
}

function isSame(one: RedisFailure | undefined, other: RedisFailure | undefined): boolean {
  return one?.command === other?.command && one?.cause === other?.cause;
}

/** @throws Error with code ETIMEDOUT where there is no answer in time */
function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => setImmediate(reject, late), timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
