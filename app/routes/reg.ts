import type { IRouter, Request, RequestHandler, Response } from 'express';
import type { DecideReading, Outcome } from '../serving/decide.js';
import type {
  AnswerSource,
  ArrivalQueue,
  InvalidInput,
  ModelIdentity,
  WarningSet,
} from '../serving/ports.js';
import { warningsIn } from '../plates/reading-warnings.js';
import type { Admission } from './admission.js';
import { refuse, sendJson } from './answer.js';
import { createArrivalCheck } from './arrivals.js';
import { bodyFormatOf, type ContentCoding } from './body-format.js';
import { decompressBody } from './decompress-body.js';
import { readBody } from './read-body.js';
import { resource } from './resource.js';

export interface RegRouteParts {
  readonly decider: DecideReading;
  readonly model: ModelIdentity;
  readonly authenticate: RequestHandler;
  readonly bodyLimitBytes: number;
  readonly deadlineMs: number;
  readonly admission: Admission;
  readonly arrivals: ArrivalQueue;
  /** False where the loaded model failed its golden check. */
  readonly modelUsable: () => boolean;
  /** Called for faults of regno itself: the model did not answer, or a handler threw. */
  readonly onError: (cause: unknown, req: Request, kind: 'inference' | 'unexpected') => void;
  /** Seconds on the clock of the decider's deadlines. */
  readonly now: () => number;
}

const DEADLINE_HEADER = 'x-request-timeout-ms';
const READING_WARNINGS_HEADER = 'x-reading-warnings';

/**
 * `POST /reg/`: which of the two readings of a plate to pick. Mounted on the application itself, as
 * all routes are: a router of its own would be one more walk per request.
 */
export function mountReg(app: IRouter, parts: RegRouteParts): void {
  const { post } = new RegRoute(parts);
  resource(app, '/reg', { guard: parts.authenticate, post, template: '/reg/' });
}

class RegRoute {
  readonly #headers: Record<AnswerSource, HeadersBySet>;
  readonly #ifStillConnected: (req: Request, go: () => void) => void;

  constructor(private readonly parts: RegRouteParts) {
    this.#headers = headersBySource(parts.model);
    this.#ifStillConnected = createArrivalCheck(parts.arrivals);
  }

  readonly post = (req: Request, res: Response): void => {
    const { parts } = this;
    if (!parts.admission.enter(req)) {
      // Shed before the body is read: a refusal must cost less than the work it saves. A client that
      // comes back at once then waits in the system's queue of connections, which costs nothing.
      res.shouldKeepAlive = false;
      refuse(res, 'overload_inflight');
      return;
    }
    const deadlineAt = deadlineOf(req, parts);
    const format = bodyFormatOf(req.headers);
    if (deadlineAt === undefined) {
      refuse(res, 'invalid_timeout');
    } else if (!format.ok) {
      refuse(res, format.code, format.detail, format.headers);
    } else if (!parts.modelUsable()) {
      refuse(res, 'model_unavailable');
    } else {
      this.#read(req, res, format.coding, deadlineAt);
    }
  };

  #read(req: Request, res: Response, coding: ContentCoding, deadlineAt: number): void {
    const { bodyLimitBytes } = this.parts;
    readBody(req, bodyLimitBytes, (bytes) => {
      if (bytes === undefined) {
        refuse(res, 'body_too_large', `expected at most ${bodyLimitBytes} bytes`);
      } else if (coding === 'identity' || bytes.length === 0) {
        this.#decide(req, res, bytes, deadlineAt);
      } else {
        const plain = decompressBody(bytes, coding, bodyLimitBytes);
        if (plain.ok) this.#decide(req, res, plain.body, deadlineAt);
        else refuse(res, plain.code, plain.detail);
      }
    });
  }

  #decide(req: Request, res: Response, body: Buffer, deadlineAt: number): void {
    const { decider, onError } = this.parts;
    req.readingBody = body;
    this.#ifStillConnected(req, () => {
      try {
        decider.decide(body, deadlineAt, (outcome) => this.#answer(req, res, outcome), req.trace);
      } catch (error) {
        // Thrown out of an event it would end the worker, with all that it has in flight.
        onError(error, req, 'unexpected');
        refuse(res, 'internal');
      }
    });
  }

  #answer(req: Request, res: Response, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'decided':
        req.answerSource = outcome.source;
        sendJson(res, 200, decisionJson(outcome.positive), this.#headersOf(outcome));
        return;
      case 'invalid':
        req.faultyFields = outcome.invalid.faults.map((fault) => fault.field);
        refuse(res, outcome.invalid.reason, describeFaults(outcome.invalid));
        return;
      case 'overload':
        refuse(res, outcome.reason);
        return;
      case 'error':
        this.parts.onError(outcome.cause, req, 'inference');
        refuse(res, 'internal');
    }
  }

  #headersOf({ source, warnings }: Extract<Outcome, { kind: 'decided' }>): readonly string[] {
    const bySet = this.#headers[source];
    const known = bySet.get(warnings);
    if (known !== undefined) return known;
    const warning = [READING_WARNINGS_HEADER, warningsIn(warnings).join(',')];
    const headers = [...(bySet.get(0) ?? []), ...warning];
    bySet.set(warnings, headers);
    return headers;
  }
}

type HeadersBySet = Map<WarningSet, readonly string[]>;

/** Headers by source and, of each, by the set of warnings; those with warnings are made when needed. */
function headersBySource(model: ModelIdentity): Record<AnswerSource, HeadersBySet> {
  const named = [
    ['x-model-name', encodeURIComponent(model.name)],
    ['x-model-version', encodeURIComponent(model.version)],
    ['x-model-digest', model.digest],
  ].flat();
  return {
    memory: new Map([[0, [...named, 'x-cache', 'hit', 'x-answer-source', 'memory']]]),
    redis: new Map([[0, [...named, 'x-cache', 'hit', 'x-answer-source', 'redis']]]),
    shared: new Map([[0, [...named, 'x-cache', 'miss', 'x-answer-source', 'shared']]]),
    model: new Map([[0, [...named, 'x-cache', 'miss', 'x-answer-source', 'model']]]),
  };
}

/** Two classes add up to 1: negative is worked out as CatBoost does, `1 - positive`. */
function decisionJson(positive: number): string {
  return `{"body":{"negative":${1 - positive},"positive":${positive}},"status":"ok"}`;
}

function describeFaults({ reason, faults }: InvalidInput): string {
  if (reason !== 'invalid_fields') return `expected ${faults[0]?.expected ?? 'a reading'}`;
  return faults.map((fault) => `${fault.field}: ${fault.expected}`).join('; ');
}

/** When this request is of no use any more; undefined for a header that is no number. */
function deadlineOf(req: Request, parts: RegRouteParts): number | undefined {
  const asked = req.headers[DEADLINE_HEADER];
  if (asked === undefined) return req.startedAt + parts.deadlineMs / 1000;
  if (typeof asked !== 'string' || !/^\d{1,9}$/.test(asked)) return undefined;
  return req.startedAt + Math.min(Number(asked), parts.deadlineMs) / 1000;
}
