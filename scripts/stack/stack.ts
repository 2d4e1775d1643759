import { Part, type PartPlan } from './part.js';

/** Several local processes that are started in order and stopped in the reverse order. */
export class Stack {
  readonly #parts: Part[] = [];
  readonly #starting = new AbortController();
  #stopping: Promise<void> | undefined;

  /** @param died hears of the first part that ends although nobody stopped it */
  constructor(private readonly died: (part: Part, how: string) => void) {}

  /**
   * Starts one more part and waits until it can be used.
   *
   * @throws Error when it ends, is not ready in time, or the stack is being stopped
   */
  async start(plan: PartPlan): Promise<Part> {
    this.#starting.signal.throwIfAborted();
    const part = await Part.start(plan, this.#starting.signal, (started) => {
      this.#parts.push(started);
    });
    void part.ended.then((how) => {
      if (this.#stopping === undefined) this.died(part, how);
    });
    return part;
  }

  /** Stops all parts, the last one first; a second call waits for the first. */
  stop(): Promise<void> {
    this.#starting.abort(new Error('the stack is being stopped'));
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Ends all parts at once, for who does not want to wait. */
  kill(): void {
    for (const part of this.#parts) part.kill();
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#parts.toReversed()) await part.stop();
  }
}
