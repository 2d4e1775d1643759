export type BreakerState = 'closed' | 'half-open' | 'open';

export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresToOpen: number;
  /** How long it stays open before one probe is let through. */
  readonly openMs: number;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  readonly onChange: (state: BreakerState) => void;
}

/**
 * Stops asking a dependency that keeps failing. After `openMs` a single call is let through; its
 * success closes the breaker, its failure opens it again.
 */
export class CircuitBreaker {
  #state: BreakerState = 'closed';
  #failures = 0;
  #openedAt = 0;

  constructor(private readonly options: CircuitBreakerOptions) {}

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether a call may be made now. A call that was allowed must report its end. */
  allows(): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'half-open') return false;
    if (this.options.now() - this.#openedAt < this.options.openMs) return false;
    this.#become('half-open');
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#become('closed');
  }

  failed(): void {
    this.#failures += 1;
    if (this.#state === 'closed' && this.#failures < this.options.failuresToOpen) return;
    this.trip();
  }

  /** Opens it at once, for a failure that leaves no doubt. */
  trip(): void {
    this.#openedAt = this.options.now();
    this.#become('open');
  }

  #become(state: BreakerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.options.onChange(state);
  }
}
