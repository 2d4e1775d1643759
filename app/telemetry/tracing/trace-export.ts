import type { ModelIdentity } from '../../serving/ports.js';
import type { SpanFate } from './span-queue.js';
import type { SpanWriter } from './span-writer.js';
import type { TraceRecord } from './trace-record.js';

export interface TraceExportOptions {
  /** OTLP over HTTP, e.g. `http://collector:4318`. */
  readonly url: string;
  readonly version: string;
  readonly environment: string;
  readonly workers: number;
  readonly onSpans: (fate: SpanFate, count: number) => void;
}

/** Sends the workers' traces to a collector. */
export interface TraceExport {
  take(slot: number, model: ModelIdentity, records: readonly TraceRecord[]): void;
  /** Sends what waits, so long at the most. */
  stop(timeoutMs: number): Promise<void>;
}

/** Time that the collector has to take a batch. */
const EXPORT_TIMEOUT_MS = 2000;
/** What a worker's traces are in four seconds, at its limit. */
const QUEUED_SPANS_PER_WORKER = 2048;
/** Of OTLP's paths, the one for traces. */
const TRACES_PATH = '/v1/traces';

/**
 * Makes OpenTelemetry's spans of what the workers report, and sends them. This is the primary's work: a
 * worker that is a client of HTTP as well as a server is permanently slower (polymorphic call sites:
 * the same functions of Node see two kinds of sockets and messages, docs/tracing.md).
 */
export async function createTraceExport(options: TraceExportOptions): Promise<TraceExport> {
  const [{ SpanQueue }, { SpanWriter }, { OTLPTraceExporter }] = await Promise.all([
    import('./span-queue.js'),
    import('./span-writer.js'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const { url, version, environment, workers, onSpans } = options;
  const exporter = new OTLPTraceExporter({
    url: endpointOf(url),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const queue = new SpanQueue({ exporter, spansMax: workers * QUEUED_SPANS_PER_WORKER, onSpans });
  const writers = new Map<string, SpanWriter>();
  const writerOf = (slot: number, model: ModelIdentity): SpanWriter => {
    const key = [slot, model.name, model.version, model.digest].join('\n');
    let writer = writers.get(key);
    if (writer === undefined) {
      writer = new SpanWriter(queue, { version, environment, slot, model });
      writers.set(key, writer);
    }
    return writer;
  };
  return {
    take: (slot, model, records) => {
      const writer = writerOf(slot, model);
      for (const record of records) writer.write(record);
    },
    stop: async (timeoutMs) => {
      await Promise.race([queue.shutdown(), new Promise((r) => setTimeout(r, timeoutMs).unref())]);
    },
  };
}

function endpointOf(url: string): string {
  const endpoint = new URL(url);
  if (endpoint.pathname === '/') endpoint.pathname = TRACES_PATH;
  return endpoint.href;
}
