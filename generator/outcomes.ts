/**
 * How a request can end, from the client's side. `ok` is a good answer; `refused` is a request that
 * was made faulty on purpose and was refused with a 4xx, as it should be; all others are errors.
 */
export const OUTCOMES = [
  'ok',
  'refused',
  'status_3xx',
  'status_4xx',
  'status_429',
  'status_503',
  'status_5xx',
  'connect',
  'reset',
  'timeout',
  'bad_answer',
  'not_sent',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What each outcome means, in words for the reports and the help. */
export const OUTCOME_MEANING: Readonly<Record<Outcome, string>> = {
  ok: 'answered 200, and the answer was right where it was checked',
  refused: 'made faulty on purpose and refused with a 4xx, as it should be',
  status_3xx: 'answered with a redirection or another status below 200 or from 300 to 399',
  status_4xx: 'a good request was answered 4xx (429 apart)',
  status_429: 'answered 429: the key is over its rate limit',
  status_503: 'answered 503: the service shed the request',
  status_5xx: 'answered 5xx (503 apart)',
  connect: 'the connection could not be opened',
  reset: 'the connection was closed or reset before the answer was complete',
  timeout: 'no answer within the time limit, counted from the intended send time',
  bad_answer: 'the answer was not HTTP, not the JSON expected, or said yes to a faulty request',
  not_sent: 'never sent: backing off from a target that is down, or the client queue was full',
};

/** The number under which an outcome travels between threads: its place in {@link OUTCOMES}. */
export function outcomeCode(outcome: Outcome): number {
  return OUTCOMES.indexOf(outcome);
}

/** Whether a request that ended so counts against the service. */
export function isError(outcome: Outcome): boolean {
  return outcome !== 'ok' && outcome !== 'refused';
}

/**
 * Whether a request that ended so belongs in the latency histogram: answers do, and time-outs do
 * with the time they waited. Fast failures do not: they would flatter the percentiles.
 */
export function countsAsLatency(outcome: Outcome): boolean {
  return outcome === 'ok' || outcome === 'refused' || outcome === 'timeout';
}

/** The outcome that an answer's status alone says. */
export function outcomeOfStatus(status: number, expectsRefusal: boolean): Outcome {
  if (status === 503) return 'status_503';
  if (status >= 500) return 'status_5xx';
  if (status === 429) return 'status_429';
  if (status >= 400) return expectsRefusal ? 'refused' : 'status_4xx';
  if (status < 200 || status >= 300) return 'status_3xx';
  return expectsRefusal ? 'bad_answer' : 'ok';
}
