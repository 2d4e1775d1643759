import type { IRouter } from 'express';
import { refuse } from './answer.js';

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** @param accept the request's header, for formats that it may ask for */
export type ReadMetrics = (accept: string | undefined) => Promise<MetricsText>;

/** `GET /metrics`: the whole cluster's metrics, whichever worker is asked. */
export function mountMetrics(app: IRouter, read: ReadMetrics): void {
  app
    .route('/metrics')
    .get(async (req, res) => {
      req.routeTemplate = '/metrics';
      const { contentType, text } = await read(req.headers.accept);
      res.writeHead(200, [
        'content-type',
        contentType,
        'content-length',
        String(Buffer.byteLength(text)),
        'x-request-id',
        req.requestId,
      ]);
      res.end(text);
    })
    .all((_req, res) => refuse(res, 'method_not_allowed', undefined, ['allow', 'GET, HEAD']));
}
