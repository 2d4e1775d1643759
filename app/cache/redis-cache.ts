import type { SharedCache } from '../serving/ports.js';
import { causeOf, isRefusal } from './redis-failure.js';
import type { RedisGate } from './redis-gate.js';
import { RedisLink, type RedisLinkOptions } from './redis-link.js';

export type LookUpResult = 'hit' | 'miss' | 'error' | 'timeout' | 'skipped';
export type StoreResult = 'ok' | 'error' | 'skipped';

/** `timeoutMs`: a look-up that takes longer is a miss. */
export interface RedisCacheOptions extends RedisLinkOptions {
  /** Called once per look-up. */
  readonly onLookUp: (result: LookUpResult, seconds: number) => void;
  /** Called once per store. */
  readonly onStore: (result: StoreResult) => void;
}

interface Pending {
  readonly key: string;
  readonly done: (positive: number | undefined) => void;
  readonly startedAt: number;
  isDone: boolean;
}

/** Look-ups, or stores, that may be on their way at once; Redis is plainly too slow for more. */
const IN_FLIGHT_MAX = 4096;

/**
 * The shared level of the cache. Redis may be slow, frozen, gone, or refuse: that is a miss, and a
 * gate before each command holds it back for a while, so that the service neither waits nor piles
 * up commands. What comes from Redis is not trusted.
 */
export class RedisCache implements SharedCache {
  readonly #link: RedisLink;
  #pending: Pending[] = [];
  #lookUpsInFlight = 0;
  #storesInFlight = 0;

  constructor(private readonly options: RedisCacheOptions) {
    this.#link = new RedisLink(options);
  }

  /** Begins to connect and does not wait: the service starts with or without Redis. */
  start(): void {
    this.#link.start();
  }

  stop(): Promise<void> {
    return this.#link.stop();
  }

  lookUp(key: string, done: (positive: number | undefined) => void): void {
    if (!this.#link.lookUps.isOpen || this.#lookUpsInFlight >= IN_FLIGHT_MAX) {
      this.options.onLookUp('skipped', 0);
      done(undefined);
      return;
    }
    this.#lookUpsInFlight += 1;
    this.#pending.push({ key, done, startedAt: performance.now(), isDone: false });
    if (this.#pending.length === 1) setImmediate(() => this.#send());
  }

  store(key: string, positive: number): void {
    const { lookUps, stores } = this.#link;
    if (!lookUps.isOpen || !stores.isOpen || this.#storesInFlight >= IN_FLIGHT_MAX) {
      this.options.onStore('skipped');
      return;
    }
    this.#storesInFlight += 1;
    const finish = (result: StoreResult): void => {
      this.#storesInFlight -= 1;
      this.options.onStore(result);
    };
    this.#link.write(key, positive).then(
      () => {
        stores.succeeded();
        finish('ok');
      },
      (error: unknown) => {
        tellFailure(stores, error);
        finish('error');
      },
    );
  }

  /** All look-ups of a turn of the event loop, under one deadline. */
  #send(): void {
    const { lookUps } = this.#link;
    const batch = this.#pending;
    this.#pending = [];
    let left = batch.length;
    const finish = (item: Pending, result: LookUpResult, positive?: number): void => {
      item.isDone = true;
      left -= 1;
      if (left === 0) clearTimeout(deadline);
      this.#lookUpsInFlight -= 1;
      this.options.onLookUp(result, (performance.now() - item.startedAt) / 1000);
      item.done(positive);
    };
    const expire = (): void => {
      const late = batch.filter(({ isDone }) => !isDone);
      if (late.length > 0) lookUps.failed('timeout');
      for (const item of late) finish(item, 'timeout');
    };
    // After a long turn, answers that came in time have not been read yet: it takes one more.
    const deadline = setTimeout(() => setImmediate(expire), this.options.timeoutMs);
    for (const item of batch) {
      this.#link.read(item.key).then(
        (positive) => {
          if (item.isDone) return;
          lookUps.succeeded();
          finish(item, positive === undefined ? 'miss' : 'hit', positive);
        },
        (error: unknown) => {
          if (item.isDone) return;
          tellFailure(lookUps, error);
          finish(item, 'error');
        },
      );
    }
  }
}

function tellFailure(gate: RedisGate, error: unknown): void {
  if (isRefusal(error)) gate.refused(causeOf(error));
  else gate.failed(causeOf(error));
}
