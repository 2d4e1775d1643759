/**
 * A small seeded generator of random numbers (sfc32, by Chris Doty-Humphrey; public domain): the
 * same seed and stream give the same numbers on every machine and Node version.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `stream` keeps the threads of one run apart. Both are taken as 32-bit integers. */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    this.#c = Math.floor(seed / 0x1_0000_0000) | 0;
    // Close seeds give close first numbers until the state is mixed: 12 rounds are the usual warm-up.
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  /** A whole number, 0..2^32-1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** 0 <= x < 1. */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** A whole number, 0..limit-1. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** Between `low` (included) and `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** Exponentially distributed with this mean: the gap between events that come at random. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)];
    if (picked === undefined)
      throw new RangeError('Random.pick: expected a list that is not empty');
    return picked;
  }
}
