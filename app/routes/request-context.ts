import { randomBytes } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Admission } from './admission.js';
import { refuse } from './answer.js';
import { hostFault } from './host-header.js';
import type { RefusalCode } from './refusal.js';
import type { FinishedRequest, RefusalReason } from '../serving/finished-request.js';
import type { OpenTrace, RequestTrace } from '../serving/trace-context.js';
import type { AnswerSource } from '../serving/ports.js';

declare module 'http' {
  interface IncomingMessage {
    /** The caller's own id if it sent a sane one, else a fresh one. */
    requestId: string;
    /** Seconds on the process's monotonic clock. */
    startedAt: number;
    /** Route template, for metrics; `other` until a route takes the request. */
    routeTemplate: string;
    /** Why the request was refused, where it was. */
    refusal: RefusalReason | undefined;
    /** The same in more detail, as the client was answered. */
    errorCode: RefusalCode | undefined;
    /** Names of the faulty fields of a refused body. */
    faultyFields: readonly string[] | undefined;
    answerSource: AnswerSource | undefined;
    /** The body of a decided reading, for what the log says of it. */
    readingBody: Buffer | undefined;
    /** The trace this request is part of, where it is part of one. */
    trace: RequestTrace | undefined;
    /** Where a reading was taken in that is not answered yet. */
    admission: Admission | undefined;
  }
}

export interface RequestObserver {
  started(): void;
  finished(request: FinishedRequest): void;
}

/** Makes ids of a random part per process and a count: a tenth of the cost of a UUID per request. */
function createIds(): () => string {
  const prefix = randomBytes(9).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}

/** A fresh id, for requests that did not bring a sane one. */
export const nextRequestId = createIds();
/** Headers of a request, which cost their reader more than their bytes. */
export const HEADERS_MAX = 100;
const SANE_ID = /^[\w.:@/+=-]{1,64}$/;

/** Gives every request its id and start, and calls the observer when its answer is out. */
export function openRequest(
  observer: RequestObserver,
  now: () => number,
  isDraining: () => boolean,
  openTrace: OpenTrace,
): RequestHandler {
  function onClose(this: Response): void {
    const { req } = this;
    req.socket.client?.answered(this);
    req.admission?.leave(req);
    observer.finished({
      requestId: req.requestId,
      route: req.routeTemplate,
      method: req.method,
      status: this.writableFinished ? this.statusCode : 'aborted',
      startedAt: req.startedAt,
      seconds: now() - req.startedAt,
      refusal: req.refusal,
      errorCode: req.errorCode,
      faultyFields: req.faultyFields,
      answerSource: req.answerSource,
      body: req.readingBody,
      trace: req.trace,
    });
  }
  return (req, res, next) => {
    const given = req.headers['x-request-id'];
    req.requestId = typeof given === 'string' && SANE_ID.test(given) ? given : nextRequestId();
    req.startedAt = now();
    req.routeTemplate = 'other';
    req.trace = openTrace(req.headers['traceparent']);
    if (isDraining()) res.shouldKeepAlive = false;
    if (req.headers['transfer-encoding'] !== undefined) req.socket.client?.holdBack(res);
    observer.started();
    res.on('close', onClose);
    if (req.rawHeaders.length > 2 * HEADERS_MAX) {
      res.shouldKeepAlive = false;
      refuse(res, 'headers_too_large', `expected at most ${HEADERS_MAX} headers`);
      return;
    }
    const fault = hostFault(req);
    if (fault === undefined) {
      next();
    } else {
      res.shouldKeepAlive = false;
      refuse(res, 'malformed_http', fault);
    }
  };
}
