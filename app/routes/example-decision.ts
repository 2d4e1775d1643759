/**
 * What the shipped model answers to the documented reading; a contract test holds it. Written by
 * "npm run sync:docs", which asks the model.
 */
export const EXAMPLE_DECISION = {
  negative: 0.1696089114217274,
  positive: 0.8303910885782726,
} as const;
