import type { FinishedRequest } from '../routes/request-context.js';
import type { Logger } from './logger.js';
import type { MetricsRecorder } from './metrics/recorder.js';

export interface RequestLogOptions {
  readonly log: Logger;
  readonly metrics: MetricsRecorder;
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
 * flood of bad requests must not become a flood of log lines. Bodies and keys are never written.
 */
export class RequestLog {
  #windowStart = -Infinity;
  #lines = 0;

  constructor(private readonly options: RequestLogOptions) {}

  finished(request: FinishedRequest): void {
    const { sampleRatio, slowSeconds, random } = this.options;
    const { status, seconds } = request;
    const level = levelOf(request);
    if (level === 'info' && request.refusal === undefined && status !== 'aborted') {
      if (seconds < slowSeconds && (sampleRatio === 0 || random() >= sampleRatio)) return;
    }
    if (!this.options.log.isLevelEnabled(level)) return;
    if (!this.#withinRate()) {
      this.options.metrics.counter('logLinesDropped', level).inc();
      return;
    }
    this.options.log.log(level, 'request', {
      requestId: request.requestId,
      route: request.route,
      method: request.method,
      status,
      durationMs: Math.round(seconds * 1e6) / 1000,
      ...(request.refusal === undefined ? {} : { refusal: request.refusal }),
      ...(request.faultyFields === undefined ? {} : { faultyFields: request.faultyFields }),
      ...(request.answerSource === undefined ? {} : { answerSource: request.answerSource }),
      ...(seconds >= slowSeconds ? { slow: true } : {}),
    });
  }

  #withinRate(): boolean {
    const now = this.options.now();
    if (now - this.#windowStart >= 1) {
      this.#windowStart = now;
      this.#lines = 0;
    }
    this.#lines += 1;
    return this.#lines <= this.options.linesPerSecond;
  }
}

function levelOf(request: FinishedRequest): 'error' | 'warn' | 'info' {
  if (request.refusal === 'internal') return 'error';
  return typeof request.status === 'number' && request.status >= 500 ? 'warn' : 'info';
}
