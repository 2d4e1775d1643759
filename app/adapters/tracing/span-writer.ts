import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace as traceApi,
  type Attributes,
  type Context,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type IdGenerator,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { FinishedRequest } from '../../routes/request-context.js';
import { randomHex, type RequestTrace } from '../../services/trace-context.js';
import type { ModelIdentity } from '../../services/ports.js';

export interface SpanSource {
  readonly version: string;
  readonly environment: string;
  readonly slot: string;
  readonly model: ModelIdentity;
  /** Seconds on the clock of the requests' start. */
  readonly now: () => number;
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

/** Makes the spans of a request that is over: one for the request, one for each stage. */
export class SpanWriter {
  readonly #ids = new GivenIds();
  readonly #tracer;

  constructor(
    processor: SpanProcessor,
    private readonly source: SpanSource,
  ) {
    const { version, environment, slot, model } = source;
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

  write(request: FinishedRequest, trace: RequestTrace): void {
    // Worked out anew each time: the wall clock may have been set since the start.
    const epochMs = Date.now() - this.source.now() * 1000;
    const at = (seconds: number): number => epochMs + seconds * 1000;
    this.#ids.traceId = trace.traceId;
    this.#ids.spanId = trace.spanId;
    const root = this.#tracer.startSpan(
      `${request.method} ${request.route}`,
      {
        kind: SpanKind.SERVER,
        startTime: at(request.startedAt),
        attributes: attributesOf(request),
      },
      parentOf(trace),
    );
    if (request.status === 'aborted' || request.status >= 500) {
      root.setStatus({ code: SpanStatusCode.ERROR });
    }
    const inRoot = traceApi.setSpan(ROOT_CONTEXT, root);
    for (const stage of trace.stages) {
      const span = this.#tracer.startSpan(
        stage.name,
        { startTime: at(stage.startedAt), attributes: { ...stage.attributes } },
        inRoot,
      );
      span.end(at(stage.endedAt));
    }
    root.end(at(request.startedAt + request.seconds));
  }
}

function parentOf(trace: RequestTrace): Context {
  if (trace.parentSpanId === undefined) return ROOT_CONTEXT;
  return traceApi.setSpanContext(ROOT_CONTEXT, {
    traceId: trace.traceId,
    spanId: trace.parentSpanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
}

function attributesOf(request: FinishedRequest): Attributes {
  const { status, refusal, answerSource } = request;
  return {
    'http.request.method': request.method,
    'http.route': request.route,
    'regno.request_id': request.requestId,
    ...(status === 'aborted' ? {} : { 'http.response.status_code': status }),
    ...(refusal === undefined ? {} : { 'error.type': refusal }),
    ...(answerSource === undefined ? {} : { 'regno.answer_source': answerSource }),
  };
}
