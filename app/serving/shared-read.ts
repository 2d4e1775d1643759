/** Thrown to an asker where as many as may wait already do. */
export class TooManyAskers extends Error {
  override readonly name = 'TooManyAskers';

  constructor() {
    super('too many askers wait for the same read');
  }
}

export interface SharedReadOptions {
  /** Between the starts of two reads, ms. */
  readonly intervalMs: number;
  /** Askers that may wait for one read; more are turned away. */
  readonly askersMax: number;
}

/**
 * Makes one costly read serve all who ask for it at about the same time. Only one read is under way
 * at a time, and reads start at least an interval apart, however many ask. Who asks while a read is
 * under way gets the next one: an answer is never older than its question.
 */
export class SharedRead<T> {
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | undefined;
  #startedAt = -Infinity;
  #askers = 0;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly options: SharedReadOptions,
  ) {}

  /** Rejects with {@link TooManyAskers}, or with whatever the read rejects with. */
  ask(): Promise<T> {
    if (this.#next === undefined) {
      this.#askers = 0;
      this.#next = this.#readNext();
    }
    if (this.#askers >= this.options.askersMax) return Promise.reject(new TooManyAskers());
    this.#askers += 1;
    return this.#next;
  }

  async #readNext(): Promise<T> {
    await this.#current;
    const waitMs = this.#startedAt + this.options.intervalMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.#next = undefined;
    this.#startedAt = performance.now();
    const reading = this.read();
    this.#current = reading.catch(() => undefined);
    return reading;
  }
}
