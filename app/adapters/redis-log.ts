import type { Logger } from './logger.js';
import { REDIS_CAUSES, type RedisCause, type RedisFailure } from './redis-failure.js';

/**
 * Logs what keeps Redis from being used: each cause once, until it works again, as two causes may
 * take turns every second.
 */
export class RedisLog {
  readonly #logged = new Set<RedisCause>();

  constructor(private readonly log: Pick<Logger, 'warn'>) {}

  state(failure: RedisFailure | undefined): void {
    if (failure === undefined) {
      if (this.#logged.size > 0) this.log.warn('Redis is back');
      this.#logged.clear();
      return;
    }
    const { command, cause } = failure;
    if (this.#logged.has(cause)) return;
    this.#logged.add(cause);
    const message = command === 'store' ? 'Redis refuses to store' : 'Redis is gone';
    this.log.warn(message, { command, cause, hint: REDIS_CAUSES[cause] });
  }
}
