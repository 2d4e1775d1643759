import type { FinishedRequest } from '../../serving/finished-request.js';
import type { RequestTrace, TracedStage } from '../../serving/trace-context.js';

type Attributes = NonNullable<TracedStage['attributes']>;

/** A span but for its ids; times are Unix times in ms, with fractions. */
interface Span {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
}

/** A traced request that is over, as a worker reports it to the primary; plain values only. */
export interface TraceRecord extends Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly isError: boolean;
  readonly stages: readonly Span[];
}

/** @param now seconds on the clock of the request */
export function recordOf(request: FinishedRequest, trace: RequestTrace, now: number): TraceRecord {
  // Worked out anew each time: the wall clock may have been set since the start.
  const epochMs = Date.now() - now * 1000;
  const at = (seconds: number): number => epochMs + seconds * 1000;
  const { method, route, status, startedAt, seconds } = request;
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentSpanId,
    name: `${method} ${route}`,
    startedAt: at(startedAt),
    endedAt: at(startedAt + seconds),
    attributes: attributesOf(request),
    isError: status === 'aborted' || status >= 500,
    stages: trace.stages.map((stage) => ({
      name: stage.name,
      startedAt: at(stage.startedAt),
      endedAt: at(stage.endedAt),
      attributes: stage.attributes ?? {},
    })),
  };
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
