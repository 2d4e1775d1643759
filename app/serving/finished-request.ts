import type { AnswerSource } from './ports.js';
import type { RequestTrace } from './trace-context.js';

/** Why a request was refused, in groups: the label `reason` of `regno_refusals_total`. */
export type RefusalReason =
  | 'bad_request'
  | 'unauthorized'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'internal'
  | 'overload_inflight'
  | 'overload_queue'
  | 'deadline'
  | 'too_many_scrapes'
  | 'primary_unavailable'
  | 'model_unavailable'
  | 'draining';

/** What is known of a request when it is over. */
export interface FinishedRequest {
  readonly requestId: string;
  readonly route: string;
  readonly method: string;
  /** `aborted` where the client left before its answer was written. */
  readonly status: number | 'aborted';
  /** Seconds on the process's monotonic clock. */
  readonly startedAt: number;
  readonly seconds: number;
  readonly refusal: RefusalReason | undefined;
  /** The same in more detail, as the client was answered. */
  readonly errorCode: string | undefined;
  readonly faultyFields: readonly string[] | undefined;
  readonly answerSource: AnswerSource | undefined;
  /** The body of a decided reading; never to be written anywhere as it is. */
  readonly body: Buffer | undefined;
  readonly trace: RequestTrace | undefined;
}

/**
 * Why a connection was ended from this side: to make room for another one (`evicted`), because there
 * was no room (`full`, `address_full`), or because its client pipelined too many requests or did not
 * read its answers.
 */
export type ConnectionEnd = 'evicted' | 'full' | 'address_full' | 'pipelined' | 'unread';
