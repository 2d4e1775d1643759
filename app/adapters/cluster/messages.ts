import type { MetricsReport } from '../metrics/recorder.js';
import type { ModelIdentity } from '../../services/ports.js';

/** What a worker process tells the primary. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly usable: boolean; readonly model: ModelIdentity }
  | { readonly kind: 'metrics'; readonly report: MetricsReport }
  /** Asks for the cluster's metrics as text; answered by `scraped` with the same id. */
  | { readonly kind: 'scrape'; readonly id: number }
  /** The start cannot succeed however often it is tried; the reason has been logged. */
  | { readonly kind: 'unstartable' };

/** What the primary tells a worker process. */
export type PrimaryMessage =
  | { readonly kind: 'drain' }
  | {
      readonly kind: 'scraped';
      readonly id: number;
      readonly contentType: string;
      readonly text: string;
    };

/** Environment variable that carries a worker's slot number. */
export const SLOT_VARIABLE = 'WORKER_SLOT';
