import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace as traceApi,
  type Context,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type IdGenerator,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { randomHex } from '../../serving/trace-context.js';
import type { ModelIdentity } from '../../serving/ports.js';
import type { TraceRecord } from './trace-record.js';

export interface SpanSource {
  readonly version: string;
  readonly environment: string;
  /** The worker's. */
  readonly slot: number;
  readonly model: ModelIdentity;
}

/** The request's ids were answered to the caller before its span is made: the span takes them. */
class GivenIds implements IdGenerator {
  traceId = '';
  spanId: string | undefined;

  generateTraceId(): string {
    return this.traceId;
  }

  generateSpanId(): string {
    const given = this.spanId;
    this.spanId = undefined;
    return given ?? randomHex(8);
  }
}

/** Makes the spans of a worker's requests that are over: one for the request, one for each stage. */
export class SpanWriter {
  readonly #ids = new GivenIds();
  readonly #tracer;

  constructor(processor: SpanProcessor, { version, environment, slot, model }: SpanSource) {
    const provider = new BasicTracerProvider({
      // No detectors: a host's name or a command line has no place in a trace.
      resource: resourceFromAttributes({
        'service.name': 'regno',
        'service.version': version,
        'service.instance.id': `worker-${slot}`,
        'deployment.environment.name': environment,
        'regno.model.name': model.name,
        'regno.model.version': model.version,
        'regno.model.digest': model.digest,
      }),
      sampler: new AlwaysOnSampler(),
      idGenerator: this.#ids,
      spanProcessors: [processor],
    });
    this.#tracer = provider.getTracer('regno', version);
  }

  write(record: TraceRecord): void {
    this.#ids.traceId = record.traceId;
    this.#ids.spanId = record.spanId;
    const root = this.#tracer.startSpan(
      record.name,
      {
        kind: SpanKind.SERVER,
        startTime: record.startedAt,
        attributes: { ...record.attributes },
      },
      parentOf(record),
    );
    if (record.isError) root.setStatus({ code: SpanStatusCode.ERROR });
    const inRoot = traceApi.setSpan(ROOT_CONTEXT, root);
    for (const stage of record.stages) {
      const { name, startedAt, endedAt, attributes } = stage;
      const options = { startTime: startedAt, attributes: { ...attributes } };
      this.#tracer.startSpan(name, options, inRoot).end(endedAt);
    }
    root.end(record.endedAt);
  }
}

function parentOf({ traceId, parentSpanId }: TraceRecord): Context {
  if (parentSpanId === undefined) return ROOT_CONTEXT;
  const parent = { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return traceApi.setSpanContext(ROOT_CONTEXT, parent);
}
