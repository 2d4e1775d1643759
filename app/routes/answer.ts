import type { Response } from 'express';
import { ERROR_CODE_HEADER, REFUSALS, type RefusalCode } from './refusal.js';
import { formatTraceresponse } from '../serving/trace-context.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const RETRY_AFTER_SECONDS_MAX = 3;

/** Sends a JSON text with the headers that every answer carries. */
export function sendJson(
  res: Response,
  status: number,
  json: string,
  headers: readonly string[] = [],
): void {
  res.req.admission?.leave(res.req);
  if (res.headersSent || res.destroyed) return;
  // One flat array of names and values: Node writes it as it is, without a look-up per header.
  const head = [
    'content-type',
    JSON_TYPE,
    'content-length',
    String(Buffer.byteLength(json)),
    'x-request-id',
    res.req.requestId,
    ...headers,
  ];
  const { trace } = res.req;
  if (trace !== undefined) head.push('traceresponse', formatTraceresponse(trace));
  res.writeHead(status, head);
  res.end(json);
}

/** `{"body": ..., "status": "ok"}` */
export function sendOk(res: Response, body: unknown, headers: readonly string[] = []): void {
  sendJson(res, 200, JSON.stringify({ body, status: 'ok' }), headers);
}

/**
 * Refuses a request by the catalogue, and leaves code and reason for metrics and the log.
 *
 * @param detail added to the catalogue's text; nothing secret
 */
export function refuse(
  res: Response,
  code: RefusalCode,
  detail?: string,
  headers: readonly string[] = [],
): void {
  const { status, reason } = REFUSALS[code];
  res.req.refusal = reason;
  res.req.errorCode = code;
  const all = [ERROR_CODE_HEADER, code, ...headers];
  if (status === 503) all.push('retry-after', retryAfter());
  sendJson(res, status, refusalJson(code, detail), all);
}

/** The body of a refusal: the catalogue's text, and what there is to add. */
export function refusalJson(code: RefusalCode, detail?: string): string {
  const { text } = REFUSALS[code];
  return JSON.stringify({
    body: detail === undefined ? text : `${text}: ${detail}`,
    status: 'fail',
  });
}

/** Spread, so that clients that were refused together do not come back together. */
function retryAfter(): string {
  return String(1 + Math.floor(Math.random() * RETRY_AFTER_SECONDS_MAX));
}
