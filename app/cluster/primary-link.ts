import { PrimaryUnavailable } from '../serving/primary-unavailable.js';
import type { CameraName } from '../telemetry/metrics/camera-names.js';
import type { Scraped } from '../telemetry/metrics/cluster-metrics.js';
import type { PrimaryMessage, WorkerMessage } from './messages.js';

/** The channel between this process and the primary; a plain object stands in for it in tests. */
export interface Channel {
  send(message: WorkerMessage): void;
  onMessage(listener: (message: PrimaryMessage) => void): void;
}

/** The channel that `cluster` gave this worker. */
export function processChannel(): Channel {
  return {
    send: (message) => {
      // Without a callback, a message to a primary that is gone would raise an 'error' event.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => process.on('message', listener),
  };
}

interface Scrape {
  readonly resolve: (answer: Scraped) => void;
  readonly timer: NodeJS.Timeout;
}

/** Scrapers wait some ten seconds; what was read before stands in for a silent primary. */
const SCRAPE_TIMEOUT_MS = 2000;

/** A worker's side of the cluster: asks the primary for metrics and hears when to drain. */
export class PrimaryLink {
  readonly #scrapes = new Map<number, Scrape>();
  #scrapeCount = 0;
  #mayListen: () => void = () => undefined;

  constructor(
    private readonly channel: Channel,
    on: {
      readonly drain: () => void;
      readonly cameras: (named: readonly CameraName[]) => void;
      readonly port: (port: number) => void;
    },
  ) {
    channel.onMessage((message) => {
      if (message.kind === 'drain') on.drain();
      else if (message.kind === 'cameras') on.cameras(message.named);
      else if (message.kind === 'port') on.port(message.port);
      else if (message.kind === 'listen') this.#mayListen();
      else this.#scraped(message);
    });
    this.send({ kind: 'hears' });
  }

  /** Resolves where this worker may listen though its model is not usable; else it will be killed. */
  askToListen(reason: string): Promise<void> {
    return new Promise((resolve) => {
      this.#mayListen = resolve;
      this.send({ kind: 'unusable', reason });
    });
  }

  send(message: WorkerMessage): void {
    this.channel.send(message);
  }

  /** The whole cluster's metrics; rejects where the primary does not answer in time. */
  scrape(): Promise<Scraped> {
    return this.#ask('scrape');
  }

  /** The operator's view of the cluster, as JSON; rejects as {@link scrape} does. */
  async status(): Promise<string> {
    return (await this.#ask('status')).text;
  }

  #ask(kind: 'scrape' | 'status'): Promise<Scraped> {
    this.#scrapeCount += 1;
    const id = this.#scrapeCount;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#scrapes.delete(id);
        reject(new PrimaryUnavailable(`no answer to a ${kind} within ${SCRAPE_TIMEOUT_MS} ms`));
      }, SCRAPE_TIMEOUT_MS);
      this.#scrapes.set(id, { resolve, timer });
      this.channel.send({ kind, id });
    });
  }

  #scraped(message: Extract<PrimaryMessage, { kind: 'scraped' }>): void {
    const scrape = this.#scrapes.get(message.id);
    if (scrape === undefined) return;
    this.#scrapes.delete(message.id);
    clearTimeout(scrape.timer);
    scrape.resolve(message);
  }
}
