/** So many of something in a second, counted from the first after the last second was over. */
export class RateWindow {
  #startedAt = -Infinity;
  #count = 0;

  /**
   * @param perSecondMax how many are within the rate
   * @param now a monotonic clock, in seconds
   */
  constructor(
    private readonly perSecondMax: number,
    private readonly now: () => number,
  ) {}

  /** Counts one more; false where it is beyond the rate. */
  takes(): boolean {
    const now = this.now();
    if (now - this.#startedAt >= 1) {
      this.#startedAt = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.perSecondMax;
  }
}
