import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PrimaryUnavailable } from '../../serving/primary-unavailable.js';
import { SharedRead } from '../../serving/shared-read.js';
import type { Exemplar } from './recorder.js';
import { OPEN_METRICS_TYPE, asksForOpenMetrics, toOpenMetrics } from './open-metrics.js';

/** The cluster's metrics or status. */
export interface Scraped {
  readonly contentType: string;
  readonly text: string;
  readonly exemplars?: readonly Exemplar[];
}

/** The cluster's metrics as one client gets them. */
export interface MetricsAnswer {
  readonly contentType: string;
  readonly body: Buffer;
  readonly isGzip: boolean;
  /** Whole seconds since they were read; more than 0 where the primary does not answer. */
  readonly ageSeconds: number;
}

export interface MetricsQuestion {
  /** The request's header, for formats that it may ask for. */
  readonly accept: string | undefined;
  readonly takesGzip: boolean;
}

/** Between two reads in the primary, which renders some 100 KB each time. */
export const SCRAPE_INTERVAL_MS = 200;
/** Far more than there are scrapers; each only holds its place in a list. */
const ASKERS_MAX = 64;
/** How long what was read last stands in for a primary that does not answer. */
const LAST_GOOD_MS = 60_000;
/** Text of metrics shrinks to a tenth at the lowest level already. */
const GZIP_LEVEL = 1;

const compress = promisify(gzip);

/**
 * Answers scrapes, which need no key: however many come, the primary renders once per interval, and
 * all share the rendering and its forms. Where the primary is silent, what was read last is given,
 * with its age.
 */
export class ClusterMetrics {
  readonly #reads: SharedRead<Rendering>;
  #last: Rendering | undefined;

  /** @param scrape reads the whole cluster's metrics from the primary */
  constructor(scrape: () => Promise<Scraped>) {
    this.#reads = new SharedRead(
      async () => {
        this.#last = new Rendering(await scrape());
        return this.#last;
      },
      { intervalMs: SCRAPE_INTERVAL_MS, askersMax: ASKERS_MAX },
    );
  }

  /**
   * Rejects with `TooManyAskers` where too many scrapes wait, and with {@link PrimaryUnavailable}
   * where there is nothing to give in the primary's place.
   */
  async read({ accept, takesGzip }: MetricsQuestion): Promise<MetricsAnswer> {
    const rendering = await this.#freshOrLast();
    const isOpenMetrics = asksForOpenMetrics(accept);
    return {
      contentType: isOpenMetrics ? OPEN_METRICS_TYPE : rendering.contentType,
      body: await rendering.body(isOpenMetrics, takesGzip),
      isGzip: takesGzip,
      ageSeconds: Math.floor(rendering.ageMs / 1000),
    };
  }

  async #freshOrLast(): Promise<Rendering> {
    try {
      return await this.#reads.ask();
    } catch (error) {
      const last = this.#last;
      const standsIn = last !== undefined && last.ageMs <= LAST_GOOD_MS;
      if (error instanceof PrimaryUnavailable && standsIn) return last;
      throw error;
    }
  }
}

/** One reading of the metrics; each form of it is made once, when it is first asked for. */
class Rendering {
  readonly #bodies = new Map<string, Promise<Buffer>>();
  readonly #readAt = performance.now();

  constructor(private readonly scraped: Scraped) {}

  get contentType(): string {
    return this.scraped.contentType;
  }

  get ageMs(): number {
    return performance.now() - this.#readAt;
  }

  body(isOpenMetrics: boolean, isGzip: boolean): Promise<Buffer> {
    const form = `${isOpenMetrics} ${isGzip}`;
    let body = this.#bodies.get(form);
    if (body === undefined) {
      body = isGzip ? this.#compressed(isOpenMetrics) : Promise.resolve(this.#text(isOpenMetrics));
      this.#bodies.set(form, body);
    }
    return body;
  }

  async #compressed(isOpenMetrics: boolean): Promise<Buffer> {
    return compress(await this.body(isOpenMetrics, false), { level: GZIP_LEVEL });
  }

  #text(isOpenMetrics: boolean): Buffer {
    const { text, exemplars = [] } = this.scraped;
    return Buffer.from(isOpenMetrics ? toOpenMetrics(text, exemplars) : text);
  }
}
