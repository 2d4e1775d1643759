/**
 * Every way in which a request can end without its answer: status, and the text that the client
 * gets. A refusal's text never tells what is inside; docs/errors.md has a heading for each.
 */
export const REFUSALS = {
  bad_request: { status: 400, text: 'Bad request' },
  unauthorized: { status: 401, text: 'Unauthorized' },
  not_found: { status: 404, text: 'File not found' },
  method_not_allowed: { status: 405, text: 'Method not allowed' },
  request_timeout: { status: 408, text: 'Request timeout: the request was not sent in time' },
  body_too_large: { status: 413, text: 'Body too large' },
  unsupported_media_type: {
    status: 415,
    text: 'Unsupported media type: expected application/json in UTF-8 without compression',
  },
  headers_too_large: { status: 431, text: 'Request header fields too large' },
  overload_inflight: {
    status: 503,
    text: 'Service unavailable: too many requests are in flight; try again later',
  },
  overload_queue: {
    status: 503,
    text: 'Service unavailable: too many readings wait for the model; try again later',
  },
  deadline: {
    status: 503,
    text: 'Service unavailable: the deadline passed before the reading could be scored',
  },
  too_many_scrapes: {
    status: 503,
    text: 'Service unavailable: too many requests wait for the same figures; try again later',
  },
  primary_unavailable: {
    status: 503,
    text: 'Service unavailable: the primary process does not answer; try again later',
  },
  draining: { status: 503, text: 'Service unavailable: this instance is stopping; try again' },
  model_unavailable: {
    status: 503,
    text: 'Service unavailable: the model did not pass its golden check',
  },
  internal: { status: 500, text: 'Internal server error' },
} as const satisfies Record<string, { status: number; text: string }>;

export type RefusalReason = keyof typeof REFUSALS;

/** Thrown in a handler where Express's error path is the way out; a route may also refuse directly. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly reason: RefusalReason,
    readonly detail?: string,
  ) {
    super(REFUSALS[reason].text);
  }
}
