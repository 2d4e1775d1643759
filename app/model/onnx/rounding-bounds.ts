/**
 * Bounds for values that CatBoost rounds to f32 before it compares them, but that the graph keeps
 * in f64: instead of rounding each value, each border is moved to where rounding would cross it.
 */

/** The largest f64 x for which `Math.fround(x) > border` is false; `border` is an f32. */
export function roundedBound(border: number): number {
  return lastBelow((x) => Math.fround(x) > border, border - ulp32(border), border + ulp32(border));
}

/**
 * The largest log-odds d for which `Math.fround(1 / (1 + exp(-d))) > border` is false: a
 * probability of two classes is compared without ever being computed. -Infinity where every d
 * passes, Infinity where none does.
 */
export function logOddsBound(border: number): number {
  const passes = (d: number): boolean => Math.fround(probability(d)) > border;
  // Beyond these the probability no longer changes: exp(-746) underflows to 0.
  if (passes(-800)) return -Infinity;
  if (!passes(800)) return Infinity;
  return lastBelow(passes, -800, 800);
}

/** Softmax of two values whose difference is d, the way CatBoost computes it. */
function probability(d: number): number {
  if (d >= 0) return 1 / (1 + Math.exp(-d));
  const e = Math.exp(d);
  return e / (e + 1);
}

/** Last f64 in [low, high) that fails; `low` fails, `high` passes, and no value fails after a pass. */
function lastBelow(passes: (x: number) => boolean, low: number, high: number): number {
  let failing = low;
  let passing = high;
  for (;;) {
    const middle = failing + (passing - failing) / 2;
    if (middle <= failing || middle >= passing) return failing;
    if (passes(middle)) passing = middle;
    else failing = middle;
  }
}

/** Distance that surely reaches beyond the f32 neighbours of an f32. */
function ulp32(value: number): number {
  return Math.max(Math.abs(value) * 2 ** -22, 2 ** -148);
}
