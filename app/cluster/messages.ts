import type { FaultNote } from '../telemetry/errors/faults.js';
import type { CameraName } from '../telemetry/metrics/camera-names.js';
import type { Scraped } from '../telemetry/metrics/cluster-metrics.js';
import type { SeriesDescriptors } from '../telemetry/metrics/recorder.js';
import type { RedisFailure } from '../cache/redis-failure.js';
import type { TraceRecord } from '../telemetry/tracing/trace-record.js';
import type { ModelIdentity } from '../serving/ports.js';

/** What a worker process reports to the primary. */
export type WorkerMessage =
  /** The first: it takes messages now. Node's `cluster` drops those that come while it loads. */
  | { readonly kind: 'hears' }
  | { readonly kind: 'ready'; readonly usable: boolean; readonly model: ModelIdentity }
  /** Its event loop runs; sent every {@link BEAT_MS} from the moment it is ready. */
  | { readonly kind: 'beat' }
  /** Its model failed the golden check: it listens only where the primary answers `listen`. */
  | { readonly kind: 'unusable'; readonly reason: string }
  /** Which series the values in its file belong to; sent once they are written. */
  | { readonly kind: 'series'; readonly series: SeriesDescriptors }
  /** Asks for the cluster's metrics as text; answered by `scraped` with the same id. */
  | { readonly kind: 'scrape'; readonly id: number }
  /** Asks for the operator's view of the cluster as JSON; answered by `scraped` as well. */
  | { readonly kind: 'status'; readonly id: number }
  /** Traces of requests that are over, for the collector. */
  | { readonly kind: 'traces'; readonly records: readonly TraceRecord[] }
  /** A fault of regno itself, for the list of last errors. */
  | { readonly kind: 'fault'; readonly fault: FaultNote }
  /** What keeps Redis from use has changed; without a failure it works. */
  | { readonly kind: 'redis'; readonly failure: RedisFailure | undefined }
  /** The start cannot succeed however often it is tried; the reason has been logged. */
  | { readonly kind: 'unstartable'; readonly reason: string };

/** What the primary asks of a worker process. */
export type PrimaryMessage =
  | { readonly kind: 'drain' }
  /** The cameras that have series of their own. */
  | { readonly kind: 'cameras'; readonly named: readonly CameraName[] }
  | { readonly kind: 'listen' }
  /** The port that the service has, where the system was to choose one. */
  | { readonly kind: 'port'; readonly port: number }
  | ({ readonly kind: 'scraped'; readonly id: number } & Scraped);

/** Environment variable that carries a worker's slot number. */
export const SLOT_VARIABLE = 'WORKER_SLOT';

export const BEAT_MS = 1000;

/** File descriptor of a worker's `SharedCounters`: the one after the standard streams and the channel. */
export const COUNTERS_FD = 4;
/** And of the pipe that its model comes through. */
export const MODEL_FD = 5;
