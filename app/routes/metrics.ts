import type { IRouter } from 'express';
import { PrimaryUnavailable } from '../serving/primary-unavailable.js';
import { TooManyAskers } from '../serving/shared-read.js';
import { Refusal } from './refusal.js';
import { resource } from './resource.js';

export interface MetricsAnswer {
  readonly contentType: string;
  readonly body: Buffer;
  readonly isGzip: boolean;
  readonly ageSeconds: number;
}

/** Rejects with `TooManyAskers` or `PrimaryUnavailable`. */
export type ReadMetrics = (question: {
  readonly accept: string | undefined;
  readonly takesGzip: boolean;
}) => Promise<MetricsAnswer>;

/** `GET /metrics`: the whole cluster's metrics, whichever worker is asked. */
export function mountMetrics(app: IRouter, read: ReadMetrics): void {
  resource(app, '/metrics', {
    get: async (req, res) => {
      const takesGzip = req.acceptsEncodings('gzip', 'identity') === 'gzip';
      const question = { accept: req.headers.accept, takesGzip };
      const { contentType, body, isGzip, ageSeconds } = await askPrimary(() => read(question));
      res.writeHead(200, [
        'content-type',
        contentType,
        'content-length',
        String(body.byteLength),
        'vary',
        'accept, accept-encoding',
        'x-request-id',
        req.requestId,
        ...(isGzip ? ['content-encoding', 'gzip'] : []),
        ...(ageSeconds > 0 ? ['age', String(ageSeconds)] : []),
      ]);
      res.end(body);
    },
  });
}

/** What only the primary process knows: that it does not answer is no fault of this process. */
export async function askPrimary<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TooManyAskers) throw new Refusal('too_many_scrapes');
    if (error instanceof PrimaryUnavailable) throw new Refusal('primary_unavailable');
    throw error;
  }
}
