import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** `exported`: the collector took it; `failed`: it did not; `dropped`: the queue was full. */
export type SpanFate = 'exported' | 'failed' | 'dropped';

export interface SpanQueueOptions {
  readonly exporter: SpanExporter;
  /** Spans that wait; more are dropped. */
  readonly spansMax: number;
  readonly onSpans: (fate: SpanFate, count: number) => void;
}

const BATCH_SPANS_MAX = 512;
const FLUSH_INTERVAL_MS = 1000;
/** What the exporter calls a success; the type is an enum of a package that only types need. */
const SUCCESS = 0;

/**
 * Spans on their way to the collector: sent in batches once a second, one batch at a time. A
 * collector that is slow or gone fills the queue, and then spans are dropped and counted. (The SDK's
 * own processor does the same but does not say how many it dropped.)
 */
export class SpanQueue implements SpanProcessor {
  #waiting: ReadableSpan[] = [];
  #sending: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly options: SpanQueueOptions) {
    this.#timer = setInterval(() => void this.forceFlush(), FLUSH_INTERVAL_MS).unref();
  }

  onStart(): void {
    // Spans are made when their request is over; there is nothing to do at their start.
  }

  onEnd(span: ReadableSpan): void {
    if (this.#waiting.length < this.options.spansMax) this.#waiting.push(span);
    else this.options.onSpans('dropped', 1);
  }

  /** Sends what waits. Does not reject: a failure is counted. */
  forceFlush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.forceFlush();
    await this.options.exporter.shutdown();
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_SPANS_MAX);
      const isTaken = await this.#send(batch);
      this.options.onSpans(isTaken ? 'exported' : 'failed', batch.length);
      // The rest waits for the next turn: a collector that is gone is not asked at once again.
      if (!isTaken) return;
    }
  }

  #send(batch: ReadableSpan[]): Promise<boolean> {
    return new Promise((resolve) => {
      this.options.exporter.export(batch, (result) => resolve((result.code as number) === SUCCESS));
    });
  }
}
