/** How far the two probabilities' sum may be from 1. */
export const SUM_TOLERANCE = 1e-9;

/**
 * Whether a body is a good answer of POST /reg/: `{"body":{"negative":p0,"positive":p1},"status":"ok"}`
 * with two probabilities in 0..1 that add up to 1 within {@link SUM_TOLERANCE}.
 */
export function isGoodAnswer(body: Buffer): boolean {
  let answer: unknown;
  try {
    answer = JSON.parse(body.toString('utf8'));
  } catch {
    return false;
  }
  if (!isObject(answer) || answer['status'] !== 'ok' || !isObject(answer['body'])) return false;
  const { negative, positive } = answer['body'];
  return (
    isProbability(negative) &&
    isProbability(positive) &&
    Math.abs(negative + positive - 1) <= SUM_TOLERANCE
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isProbability(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
