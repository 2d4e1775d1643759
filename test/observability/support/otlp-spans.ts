import type { RecordingServer } from './recording-server.js';

/** A span as OTLP's JSON has it, with its attributes as an object. */
export interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly kind: number;
  /** Unix time, ns. */
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

interface WireSpan extends Omit<OtlpSpan, 'attributes' | 'startNs' | 'endNs' | 'parentSpanId'> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: WireAttributes;
  readonly status: { readonly code?: number };
}

type WireAttributes = readonly { key: string; value: Readonly<Record<string, unknown>> }[];

interface WireBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: WireAttributes };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const STATUS_ERROR = 2;

/** All spans that the collector was sent so far. */
export function spansOf(server: RecordingServer): OtlpSpan[] {
  return bodiesOf(server).flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(spanOf))),
  );
}

/** What the spans are said to come from. */
export function resourcesOf(server: RecordingServer): Record<string, unknown>[] {
  return bodiesOf(server).flatMap(({ resourceSpans }) =>
    resourceSpans.map(({ resource }) => attributesOf(resource.attributes)),
  );
}

function bodiesOf(server: RecordingServer): WireBody[] {
  return server.requests.map(({ body }) => JSON.parse(body) as WireBody);
}

function spanOf(span: WireSpan): OtlpSpan {
  return {
    name: span.name,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    kind: span.kind,
    startNs: BigInt(span.startTimeUnixNano),
    endNs: BigInt(span.endTimeUnixNano),
    attributes: attributesOf(span.attributes),
    isError: span.status.code === STATUS_ERROR,
  };
}

function attributesOf(attributes: WireAttributes): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? null]),
  );
}
