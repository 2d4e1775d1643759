import type { FinishedRequest } from '../../serving/finished-request.js';
import { RateWindow } from '../rate-window.js';
import type { Logger } from './logger.js';
import type { ReadingPseudonyms } from '../../plates/plate-pseudonyms.js';

export interface RequestLogOptions {
  readonly log: Pick<Logger, 'log' | 'isLevelEnabled'>;
  /** Called for each line that the rate limit holds back. */
  readonly onDropped: (level: string) => void;
  /** What a line says of a decided reading's plates; called for lines that are written only. */
  readonly pseudonyms: (body: Buffer) => ReadingPseudonyms | undefined;
  /** Share of successful requests that are logged, 0..1. */
  readonly sampleRatio: number;
  readonly slowSeconds: number;
  readonly linesPerSecond: number;
  /** Seconds on a clock that never goes back. */
  readonly now: () => number;
  /** 0..1, for sampling. */
  readonly random: () => number;
}

/**
 * One line per refusal, fault and slow request, and a sample of the rest, under a rate limit: a
 * flood of bad requests must not become a flood of log lines. Bodies, keys, addresses and query
 * strings are never written; docs/logs.md has every field.
 */
export class RequestLog {
  readonly #rate: RateWindow;

  constructor(private readonly options: RequestLogOptions) {
    this.#rate = new RateWindow(options.linesPerSecond, options.now);
  }

  finished(request: FinishedRequest): void {
    const { sampleRatio, slowSeconds, random } = this.options;
    const { status, seconds } = request;
    const level = levelOf(request);
    if (level === 'info' && request.refusal === undefined && status !== 'aborted') {
      if (seconds < slowSeconds && (sampleRatio === 0 || random() >= sampleRatio)) return;
    }
    if (!this.options.log.isLevelEnabled(level)) return;
    if (!this.#rate.takes()) {
      this.options.onDropped(level);
      return;
    }
    this.options.log.log(level, 'request', this.#fieldsOf(request));
  }

  #fieldsOf(request: FinishedRequest): Record<string, unknown> {
    const { trace, refusal, errorCode, faultyFields, answerSource, body, seconds } = request;
    const isDecided = answerSource !== undefined && body !== undefined;
    const plates = isDecided ? this.options.pseudonyms(body) : undefined;
    return {
      requestId: request.requestId,
      ...(trace === undefined ? {} : { traceId: trace.traceId, spanId: trace.spanId }),
      route: request.route,
      method: request.method,
      status: request.status,
      durationMs: Math.round(seconds * 1e6) / 1000,
      ...(refusal === undefined ? {} : { refusal, errorCode }),
      ...(faultyFields === undefined ? {} : { faultyFields }),
      ...(answerSource === undefined ? {} : { answerSource }),
      ...(plates === undefined ? {} : { plates }),
      ...(seconds >= this.options.slowSeconds ? { slow: true } : {}),
    };
  }
}

function levelOf(request: FinishedRequest): 'error' | 'warn' | 'info' {
  if (request.refusal === 'internal') return 'error';
  return typeof request.status === 'number' && request.status >= 500 ? 'warn' : 'info';
}
