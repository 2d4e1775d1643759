import express, { type ErrorRequestHandler, type Express } from 'express';
import { refuse, sendOk } from './answer.js';
import { ApiKeys, authenticate, authenticatePage } from './authenticate.js';
import { mountDocs } from './docs.js';
import { mountHealth, type HealthState } from './health.js';
import { mountMetrics, type ReadMetrics } from './metrics.js';
import { Refusal } from './refusal.js';
import { mountReg, type RegRouteParts } from './reg.js';
import { openRequest, type RequestObserver } from './request-context.js';
import { mountStatus, type ReadStatus } from './status.js';
import type { OpenTrace } from '../services/trace-context.js';

export interface AppParts extends Omit<RegRouteParts, 'authenticate'> {
  readonly apiKeys: readonly string[];
  readonly docsPublic: boolean;
  readonly observer: RequestObserver;
  readonly isDraining: () => boolean;
  readonly health: () => HealthState;
  readonly readMetrics: ReadMetrics;
  readonly readStatus: ReadStatus;
  readonly openTrace: OpenTrace;
}

/** The Express application; it listens to nothing and starts nothing. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);

  const keys = new ApiKeys(parts.apiKeys);
  const requireKey = authenticate(keys);
  app.use(openRequest(parts.observer, parts.now, parts.isDraining, parts.openTrace));
  // The hot route first: every layer before it costs each request.
  mountReg(app, { ...parts, authenticate: requireKey });
  mountHealth(app, parts.health);
  mountMetrics(app, parts.readMetrics);
  mountStatus(app, authenticatePage(keys), parts.readStatus);
  mountDocs(app, parts.docsPublic ? undefined : authenticatePage(keys));
  app.use(requireKey);
  app
    .route('/')
    .get((req, res) => {
      req.routeTemplate = '/';
      sendOk(res, 'ok');
    })
    .all((_req, res) => refuse(res, 'method_not_allowed', undefined, ['allow', 'GET, HEAD']));
  app.use((_req, res) => refuse(res, 'not_found'));
  app.use(handleError(parts.onError));
  return app;
}

/** Whatever is thrown in a handler: a refusal keeps its reason, all else is a 500 without detail. */
function handleError(onError: AppParts['onError']): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
    } else if (error instanceof Refusal) {
      refuse(res, error.reason, error.detail);
    } else if (isUnreadableUrl(error)) {
      refuse(res, 'bad_request', 'the path is not valid percent-encoded UTF-8');
    } else {
      onError(error, req, 'unexpected');
      refuse(res, 'internal');
    }
  };
}

/** Express's router throws this for a path such as `/%ff`. */
function isUnreadableUrl(error: unknown): boolean {
  return error instanceof URIError && 'status' in error && error.status === 400;
}
