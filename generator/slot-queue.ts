/**
 * The client's queue: when each waiting request should have been sent, and how late the pacer noticed
 * it, both in ms. A ring that grows up to a limit; first in, first out; no garbage per request.
 */
export class SlotQueue {
  #intended = new Float64Array(256);
  #lateness = new Float64Array(256);
  #head = 0;
  #count = 0;

  constructor(private readonly limit: number) {}

  get length(): number {
    return this.#count;
  }

  /** False, and nothing kept, when the queue is at its limit. */
  push(intendedMs: number, latenessMs: number): boolean {
    if (this.#count >= this.limit) return false;
    if (this.#count === this.#intended.length) this.#grow();
    const at = (this.#head + this.#count) & (this.#intended.length - 1);
    this.#intended[at] = intendedMs;
    this.#lateness[at] = latenessMs;
    this.#count += 1;
    return true;
  }

  /** When the first in the queue should have been sent; NaN when the queue is empty. */
  get headIntendedMs(): number {
    return this.#count === 0 ? NaN : (this.#intended[this.#head] ?? NaN);
  }

  /** How late the pacer noticed the first in the queue; NaN when the queue is empty. */
  get headLatenessMs(): number {
    return this.#count === 0 ? NaN : (this.#lateness[this.#head] ?? NaN);
  }

  /** Takes the first away. */
  drop(): void {
    if (this.#count === 0) return;
    this.#head = (this.#head + 1) & (this.#intended.length - 1);
    this.#count -= 1;
  }

  #grow(): void {
    const size = this.#intended.length;
    const intended = new Float64Array(size * 2);
    const lateness = new Float64Array(size * 2);
    for (let i = 0; i < this.#count; i += 1) {
      const from = (this.#head + i) & (size - 1);
      intended[i] = this.#intended[from] ?? NaN;
      lateness[i] = this.#lateness[from] ?? NaN;
    }
    this.#intended = intended;
    this.#lateness = lateness;
    this.#head = 0;
  }
}
