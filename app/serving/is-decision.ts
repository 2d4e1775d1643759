/** Two f64 numbers that stand for one and its complement differ from 1 by far less. */
const SUM_TOLERANCE = 1e-9;

/**
 * Whether a model's two numbers can be the probabilities of two classes: from 0 to 1 and 1 together.
 * A model that gives anything else is wrong, and so would be the answer.
 */
export function isDecision(negative: number, positive: number): boolean {
  return negative >= 0 && positive >= 0 && Math.abs(negative + positive - 1) <= SUM_TOLERANCE;
}
