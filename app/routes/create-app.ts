import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { refuse, sendOk } from './answer.js';
import { ApiKeys, authenticate, authenticatePage } from './authenticate.js';
import { allowCrossOrigin } from './cross-origin.js';
import { mountDocs } from './docs.js';
import { mountHealth } from './health.js';
import { mountMetrics, type ReadMetrics } from './metrics.js';
import { Refusal } from './refusal.js';
import { mountReg, type RegRouteParts } from './reg.js';
import { openRequest, type RequestObserver } from './request-context.js';
import { mountStatus, type ReadStatus } from './status.js';
import { resource } from './resource.js';
import type { OpenTrace } from '../serving/trace-context.js';
import type { HealthState } from '../serving/worker-health.js';

export interface AppParts extends Omit<RegRouteParts, 'authenticate'> {
  readonly apiKeys: readonly string[];
  readonly docsPublic: boolean;
  /** The public key that opens the service, where it is the one that does. */
  readonly demoKey: string | undefined;
  /** Origins whose pages may read the answers, `*` for all; empty for none. */
  readonly corsOrigins: readonly string[];
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
  const open = openRequest(parts.observer, parts.now, parts.isDraining, parts.openTrace);
  app.use(open);
  if (parts.corsOrigins.length > 0) app.use(allowCrossOrigin(parts.corsOrigins));
  // The hot route first: every layer before it costs each request.
  mountReg(app, { ...parts, authenticate: requireKey });
  mountHealth(app, parts.health);
  mountMetrics(app, parts.readMetrics);
  mountStatus(app, authenticatePage(keys), parts.readStatus);
  mountDocs(app, parts.demoKey, parts.docsPublic ? undefined : authenticatePage(keys));
  app.use(requireKey);
  resource(app, '/', { get: (_req, res) => sendOk(res, 'ok') });
  app.use((_req, res) => refuse(res, 'not_found'));
  app.use(handleError(parts.onError));
  replaceLastResort(app, open, parts.onError);
  return app;
}

/** Whatever is thrown in a handler is a fault of ours, but for paths that cannot be decoded. */
function handleError(onError: AppParts['onError']): ErrorRequestHandler {
  // Express knows a handler of errors by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  return (error: unknown, req, res, _next) => {
    if (error instanceof Refusal) {
      refuse(res, error.code, error.detail);
      return;
    }
    if (isUnreadableUrl(error)) {
      refuse(res, 'invalid_path');
      return;
    }
    onError(error, req, 'unexpected');
    // A half-sent answer must not look like a whole one.
    if (res.headersSent) req.socket.destroy();
    else refuse(res, 'internal');
  };
}

/** Express's router throws this for a path such as `/%ff`. */
function isUnreadableUrl(error: unknown): boolean {
  return error instanceof URIError && 'status' in error && error.status === 400;
}

type Handle = (req: Request, res: Response, next?: (error?: unknown) => void) => void;

/**
 * Where no handler takes a request, Express answers with a page of HTML and writes to stderr. That
 * happens to a URL in which it finds no path (`http://`), which runs no middleware either, and to
 * errors of {@link handleError} itself.
 */
function replaceLastResort(app: Express, open: RequestHandler, onError: AppParts['onError']): void {
  const lastResort = (error: unknown, req: Request, res: Response): void => {
    if (!req.requestId) open(req, res, () => undefined);
    if (error !== undefined) onError(error, req, 'unexpected');
    if (error === undefined) refuse(res, 'malformed_http', 'the request target has no valid path');
    else refuse(res, 'internal');
  };
  // Express has the method, its types do not.
  const express = app as unknown as { handle: Handle };
  const handle = express.handle.bind(app);
  express.handle = (req, res, next) => {
    handle(req, res, next ?? ((error) => lastResort(error, req, res)));
  };
}
