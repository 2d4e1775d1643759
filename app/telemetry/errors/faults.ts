import type { Logger } from '../logs/logger.js';
import { RateWindow } from '../rate-window.js';
import { describeError, type Redact } from '../logs/redact.js';
import type { ErrorReporter, FaultContext } from './sentry.js';

/** A fault as the operator's page lists it. */
export interface FaultNote {
  /** Unix time, ms. */
  readonly at: number;
  readonly kind: FaultContext['kind'];
  /** Which process it happened in: a slot, or `primary`. */
  readonly process: string;
  readonly requestId?: string;
  readonly message: string;
}

export interface FaultsParts {
  readonly process: string;
  readonly log: Pick<Logger, 'error'>;
  readonly reporter: ErrorReporter;
  readonly note: (fault: FaultNote) => void;
  readonly redact: Redact;
  /** Called for each fault that the limit holds back from log and reporter. */
  readonly onHeldBack: () => void;
  /** Seconds on a clock that never goes back. */
  readonly now: () => number;
}

/** Faults a second that are reported; a broken model would otherwise report every request. */
const FAULTS_PER_SECOND_MAX = 10;
const NOTE_CHARS_MAX = 200;

/**
 * Reports faults of regno itself, once each, to the log, the error reporter and the operator's
 * page. A batch that fails is one fault, however many requests were in it.
 */
export class Faults {
  readonly #reported = new WeakSet();
  readonly #rate: RateWindow;

  constructor(private readonly parts: FaultsParts) {
    this.#rate = new RateWindow(FAULTS_PER_SECOND_MAX, parts.now);
  }

  report(message: string, error: unknown, context: FaultContext): void {
    if (typeof error === 'object' && error !== null) {
      if (this.#reported.has(error)) return;
      this.#reported.add(error);
    }
    // What ends the process is reported in any case.
    if (context.kind !== 'uncaught' && !this.#rate.takes()) {
      this.parts.onHeldBack();
      return;
    }
    const { log, reporter, redact, process } = this.parts;
    const { kind, requestId, traceId } = context;
    const ids = {
      ...(requestId === undefined ? {} : { requestId }),
      ...(traceId === undefined ? {} : { traceId }),
    };
    const description = describeError(error, redact);
    log.error(message, { kind, ...ids, error: description });
    reporter.report(error, context);
    this.parts.note({
      at: Date.now(),
      kind,
      process,
      ...(requestId === undefined ? {} : { requestId }),
      message: `${description.name}: ${description.message}`.slice(0, NOTE_CHARS_MAX),
    });
  }
}
