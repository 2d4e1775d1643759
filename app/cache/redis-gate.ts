import { CircuitBreaker, type BreakerState } from './circuit-breaker.js';
import { causeOf, type RedisCause } from './redis-failure.js';

export interface RedisGateOptions {
  /** Sends the command; rejects where it fails, or is not answered in time. */
  readonly attempt: (timeoutMs: number) => Promise<unknown>;
  readonly timeoutMs: number;
  /** False where there is no connection: one that is new is tried at once. */
  readonly canTry: () => boolean;
  /** Called for each failure, after what it did to the gate. */
  readonly onFailure: (cause: RedisCause) => void;
  readonly onChange: () => void;
}

const FAILURES_TO_SHUT = 5;
const SHUT_MS = 1000;

/**
 * Stands before one command of Redis. It is shut at first and opens once the command has succeeded;
 * when shut, it tries the command once a second, as without traffic nothing else would.
 */
export class RedisGate {
  readonly #breaker: CircuitBreaker;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: RedisGateOptions) {
    this.#breaker = new CircuitBreaker({
      failuresToOpen: FAILURES_TO_SHUT,
      openMs: SHUT_MS,
      now: () => performance.now(),
      onChange: (state) => {
        if (state === 'open') this.#tryLater();
        options.onChange();
      },
    });
  }

  get isOpen(): boolean {
    return this.#breaker.state === 'closed';
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  succeeded(): void {
    this.#breaker.succeeded();
  }

  /** There was no answer: it shuts where that happens several times in a row. */
  failed(cause: RedisCause): void {
    this.#breaker.failed();
    this.options.onFailure(cause);
  }

  /** Redis refused, and would refuse the next command as well. */
  refused(cause: RedisCause): void {
    this.shut();
    this.options.onFailure(cause);
  }

  shut(): void {
    this.#breaker.trip();
    this.#tryLater();
  }

  async tryNow(timeoutMs: number): Promise<void> {
    try {
      await this.options.attempt(timeoutMs);
    } catch (error) {
      this.refused(causeOf(error));
      return;
    }
    this.succeeded();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tryLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.options.canTry()) return;
      if (this.#breaker.allows()) void this.tryNow(this.options.timeoutMs);
      else this.#tryLater();
    }, SHUT_MS).unref();
  }
}
