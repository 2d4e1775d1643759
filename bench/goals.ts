import { median } from '../tools/report.js';

/** A ratio of two contenders of one comparison: per round, as a machine's speed changes by the minute. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Goal {
  readonly about: string;
  readonly ratio: Ratio;
  readonly atLeast: number;
  readonly met: boolean;
}

/** Requests per second of each contender, round by round. */
export type RoundRates = ReadonlyMap<string, readonly number[]>;

/** Name, the one that it is measured against, and the least ratio of the two. */
const GOALS = [
  ['regno, new readings', 'fastify echo', 0.6],
  ['regno, repeated readings', 'fastify echo', 0.8],
  ['regno, new readings', 'FastAPI + CatBoost, model preloaded', 6],
  ['regno, new readings', 'Flask + CatBoost, model loaded per request', 40],
  ['regno, new readings (Node 24)', 'fastify echo (Node 24)', 0.6],
  ['regno, repeated readings (Node 24)', 'fastify echo (Node 24)', 0.8],
] as const;

/** The goals whose two contenders took part. */
export function checkGoals(rates: RoundRates): readonly Goal[] {
  return GOALS.flatMap(([name, over, atLeast]) => {
    const [own, other] = [rates.get(name), rates.get(over)];
    if (own === undefined || other === undefined) return [];
    const ratio = ratioOf(own, other);
    return [{ about: `${name} over ${over}`, ratio, atLeast, met: ratio.median >= atLeast }];
  });
}

/** Of two contenders' requests per second, round by round: those of one round saw the same machine. */
export function ratioOf(rates: readonly number[], over: readonly number[]): Ratio {
  const ratios = rates.map((rate, round) => rate / (over[round] ?? NaN));
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}
