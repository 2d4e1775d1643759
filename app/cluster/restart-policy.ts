const BACK_OFF_MIN_MS = 100;
const BACK_OFF_MAX_MS = 10_000;
/** A worker that lived this long did not die of its start. */
const STABLE_MS = 30_000;
/** Deaths per slot within the window that make a crash loop. */
const DEATHS_MAX = 20;
/** The same until the service was ready once: what fails a first start seldom heals by itself. */
const DEATHS_AT_START_MAX = 3;
export const DEATHS_WINDOW_MS = 120_000;

/** When a worker that died is started again: after a delay that doubles, or not at all in a crash loop. */
export class RestartPolicy {
  readonly #failures = new Map<number, number>();
  #deaths: number[] = [];

  constructor(private readonly slots: number) {}

  /** Deaths within the last two minutes. */
  get deaths(): number {
    return this.#deaths.length;
  }

  /**
   * Counts a death.
   *
   * @param aliveMs how long the worker lived
   * @param wasReady whether the service was ready once
   * @returns milliseconds until the restart; undefined where restarting is of no use any more
   */
  delayAfter(slot: number, aliveMs: number, wasReady: boolean): number | undefined {
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < DEATHS_WINDOW_MS), now];
    const deathsMax = wasReady ? DEATHS_MAX : DEATHS_AT_START_MAX;
    if (this.#deaths.length > deathsMax * this.slots) return undefined;
    const failures = aliveMs > STABLE_MS ? 0 : (this.#failures.get(slot) ?? 0);
    this.#failures.set(slot, failures + 1);
    return Math.min(BACK_OFF_MIN_MS * 2 ** failures, BACK_OFF_MAX_MS);
  }
}
