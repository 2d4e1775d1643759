import type { Seat } from './cluster/seat.js';
import type { Logger } from './logger.js';
import { REDIS_CAUSES, type RedisCause } from './redis-failure.js';

type RedisUser = Pick<Seat, 'slot' | 'state' | 'redisFailure'>;

/**
 * Logs what keeps Redis from being used, for the whole service: a Redis that is gone is gone for all
 * workers, and one line says so. Each cause once, until Redis works again for every worker, as two
 * causes may take turns every second.
 */
export class RedisLog {
  readonly #logged = new Set<RedisCause>();

  /** @param workers those there are now */
  constructor(
    private readonly log: Pick<Logger, 'warn'>,
    private readonly workers: () => Iterable<RedisUser>,
  ) {}

  /** Called when a worker has told that Redis works for it, or what keeps it from use. */
  told({ slot, redisFailure }: RedisUser): void {
    if (redisFailure === undefined) {
      this.#worksForOne();
      return;
    }
    const { command, cause } = redisFailure;
    if (this.#logged.has(cause)) return;
    this.#logged.add(cause);
    const message = command === 'store' ? 'Redis refuses to store' : 'Redis is gone';
    this.log.warn(message, { slot, command, cause, hint: REDIS_CAUSES[cause] });
  }

  #worksForOne(): void {
    if (this.#logged.size === 0) return;
    for (const { state, redisFailure } of this.workers()) {
      // One that drains may end without ever telling that Redis works again.
      if (redisFailure !== undefined && state !== 'draining') return;
    }
    this.log.warn('Redis is back');
    this.#logged.clear();
  }
}
