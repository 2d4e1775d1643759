/**
 * What the shipped model answers to the documented reading; a contract test holds it. Written by
 * "npm run sync:docs", which asks the model.
 */
export const EXAMPLE_DECISION = {
  negative: 0.17907249929072355,
  positive: 0.8209275007092764,
} as const;
