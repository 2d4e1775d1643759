import type { ContenderResult } from './compare.js';

/** A ratio of two contenders of one comparison, and what it must reach. */
export interface Goal {
  readonly about: string;
  readonly ratio: number;
  readonly atLeast: number;
  readonly met: boolean;
}

const GOALS = [
  ['regno, new readings', 'fastify echo', 0.6],
  ['regno, repeated readings', 'fastify echo', 0.8],
  ['regno, new readings', 'FastAPI + CatBoost, model preloaded', 6],
  ['regno, new readings', 'Flask + CatBoost, model loaded per request', 40],
] as const;

/** The goals whose two contenders took part. */
export function checkGoals(results: readonly ContenderResult[]): readonly Goal[] {
  const rateOf = (name: string): number | undefined =>
    results.find((result) => result.name === name)?.requestsPerSecond;
  return GOALS.flatMap(([name, over, atLeast]) => {
    const rate = rateOf(name);
    const base = rateOf(over);
    if (rate === undefined || base === undefined) return [];
    const ratio = rate / base;
    return [{ about: `${name} over ${over}`, ratio, atLeast, met: ratio >= atLeast }];
  });
}
