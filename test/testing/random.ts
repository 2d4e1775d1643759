/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from 0 up to `below`. */
export function randomBelow(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

/** @throws Error for an empty list */
export function pick<T>(random: () => number, list: readonly T[]): T {
  const item = list[randomBelow(random, list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}
