import type { RefusalReason } from '../serving/finished-request.js';

/** The answer's header that says why a request failed, for programs; the body's text is for people. */
export const ERROR_CODE_HEADER = 'x-error-code';

/** What the client gets, and what is counted. */
interface RefusalEntry {
  readonly status: number;
  /** Label of `regno_refusals_total`: codes that are alike are counted as one. */
  readonly reason: RefusalReason;
  /** Never says what is inside the service. */
  readonly text: string;
}

const refusal = (status: number, reason: RefusalReason, text: string): RefusalEntry => ({
  status,
  reason,
  text,
});

const badRequest = (text = 'Bad request') => refusal(400, 'bad_request', text);
const unsupported = (text: string) => refusal(415, 'unsupported_media_type', text);
const unavailable = (reason: RefusalReason, why: string) =>
  refusal(503, reason, `Service unavailable: ${why}`);

/**
 * Every way in which a request can end without its answer, by the code that the client gets in
 * {@link ERROR_CODE_HEADER}. Codes and reasons are names that others rely on: they keep their
 * meaning. docs/errors.md has a heading for each code.
 */
export const REFUSALS = {
  malformed_http: badRequest('Bad request: not a valid HTTP request'),
  invalid_path: badRequest('Bad request: the path is not valid percent-encoded UTF-8'),
  invalid_timeout: badRequest(
    'Bad request: x-request-timeout-ms: expected a whole number of milliseconds',
  ),
  invalid_compression: badRequest('Bad request: the body cannot be decompressed'),
  empty_body: badRequest('Bad request: the body is empty'),
  invalid_utf8: badRequest('Bad request: the body is not UTF-8'),
  invalid_json: badRequest('Bad request: the body is not valid JSON'),
  not_an_object: badRequest('Bad request: the body is not a JSON object'),
  invalid_fields: badRequest(),
  unauthorized: refusal(401, 'unauthorized', 'Unauthorized'),
  not_found: refusal(404, 'not_found', 'File not found'),
  method_not_allowed: refusal(405, 'method_not_allowed', 'Method not allowed'),
  request_timeout: refusal(
    408,
    'request_timeout',
    'Request timeout: the request was not sent in time',
  ),
  body_too_large: refusal(413, 'body_too_large', 'Body too large'),
  unsupported_media_type: unsupported('Unsupported media type'),
  unsupported_charset: unsupported('Unsupported charset'),
  unsupported_encoding: unsupported('Unsupported encoding'),
  headers_too_large: refusal(431, 'headers_too_large', 'Request header fields too large'),
  internal: refusal(500, 'internal', 'Internal server error'),
  overload_inflight: unavailable(
    'overload_inflight',
    'too many requests are in flight; try again later',
  ),
  overload_queue: unavailable(
    'overload_queue',
    'too many readings wait for the model; try again later',
  ),
  deadline: unavailable('deadline', 'the deadline passed before the reading could be scored'),
  too_many_scrapes: unavailable(
    'too_many_scrapes',
    'too many requests wait for the same figures; try again later',
  ),
  primary_unavailable: unavailable(
    'primary_unavailable',
    'the primary process does not answer; try again later',
  ),
  model_unavailable: unavailable('model_unavailable', 'the model did not pass its golden check'),
  draining: unavailable('draining', 'this instance is stopping'),
};

/** Value of the header {@link ERROR_CODE_HEADER}. */
export type RefusalCode = keyof typeof REFUSALS;

/** Thrown in a handler where Express's error path is the way out; a route may also refuse directly. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    readonly detail?: string,
  ) {
    super(REFUSALS[code].text);
  }
}
