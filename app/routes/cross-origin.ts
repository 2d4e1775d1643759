import cors from 'cors';
import type { RequestHandler } from 'express';

/** Headers of an answer that a page of another origin may read. */
export const EXPOSED_HEADERS = [
  'x-request-id',
  'x-error-code',
  'retry-after',
  'x-model-name',
  'x-model-version',
  'x-model-digest',
  'x-cache',
  'x-answer-source',
  'x-reading-warnings',
  'traceresponse',
] as const;

/** Headers of a request that such a page may set. */
const REQUEST_HEADERS = [
  'content-type',
  'content-encoding',
  'x-api-key',
  'authorization',
  'x-request-id',
  'x-request-timeout-ms',
  'traceparent',
] as const;

/** Browsers ask again after this time, and none remembers for longer than two hours. */
const PREFLIGHT_SECONDS = 7200;

/**
 * CORS: pages of these origins may read the answers. A preflight, which browsers send without the
 * key, is answered here; any other `OPTIONS` goes its way.
 *
 * @param origins as browsers send them, e.g. `https://app.example`; `*` for all
 */
export function allowCrossOrigin(origins: readonly string[]): RequestHandler {
  const options = {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: [...REQUEST_HEADERS],
    exposedHeaders: [...EXPOSED_HEADERS],
    credentials: false,
    maxAge: PREFLIGHT_SECONDS,
    optionsSuccessStatus: 204,
  };
  const answerPreflight = cors({ ...options, preflightContinue: false });
  const addHeaders = cors({ ...options, preflightContinue: true });
  return (req, res, next) => {
    if (req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined) {
      res.setHeader('x-request-id', req.requestId);
      answerPreflight(req, res, next);
    } else {
      addHeaders(req, res, next);
    }
  };
}
