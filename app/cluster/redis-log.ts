import type { WorkerHandle } from './worker-handle.js';
import type { Logger } from '../telemetry/logs/logger.js';
import { REDIS_CAUSES, type RedisCause } from '../cache/redis-failure.js';

/** Workers go out of step by less than this, and report changes only. */
const SAY_AGAIN_MS = 5 * 60_000;

type RedisUser = Pick<WorkerHandle, 'slot' | 'state' | 'redisFailure'>;

/**
 * Logs what keeps Redis from being used, for the whole service: a Redis that is gone is gone for all
 * workers, and one line says so. Each cause is not said again for a while, unless Redis has worked for
 * every worker in between: two causes may take turns every second, and one worker that fails for hours
 * must not hide that later all do.
 */
export class RedisLog {
  /** When each cause was said, in milliseconds. */
  readonly #saidAt = new Map<RedisCause, number>();

  /**
   * @param workers those there are now
   * @param now a monotonic clock, in milliseconds
   */
  constructor(
    private readonly log: Pick<Logger, 'warn'>,
    private readonly workers: () => Iterable<RedisUser>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Called when a worker has reported that Redis works for it, or what keeps it from use. */
  reported({ slot, redisFailure }: RedisUser): void {
    if (redisFailure === undefined) {
      this.#worksForOne();
      return;
    }
    const { command, cause } = redisFailure;
    const now = this.now();
    if (now - (this.#saidAt.get(cause) ?? -Infinity) < SAY_AGAIN_MS) return;
    this.#saidAt.set(cause, now);
    const message = command === 'store' ? 'Redis refuses to store' : 'Redis is gone';
    this.log.warn(message, { slot, command, cause, hint: REDIS_CAUSES[cause] });
  }

  #worksForOne(): void {
    if (this.#saidAt.size === 0) return;
    for (const { state, redisFailure } of this.workers()) {
      // One that drains may end without ever reporting that Redis works again.
      if (redisFailure !== undefined && state !== 'draining') return;
    }
    this.log.warn('Redis is back');
    this.#saidAt.clear();
  }
}
