/**
 * Clients without patience, in a process of their own: each sends a reading, gives up when the
 * answer takes too long, and comes back at once, whatever it was answered.
 * `node --import tsx test/faults/impatient-clients.ts PLAN`, PLAN an {@link ImpatientPlan} as JSON;
 * prints one line of JSON, an {@link ImpatientCounts}.
 */
import {
  Connection,
  type CloseReason,
  type ConnectionOwner,
  type Endpoint,
} from '../../generator/connection.js';
import { BodySource, madeUpTemplates } from '../../generator/payload/body-source.js';
import { RequestWriter } from '../../generator/payload/request-writer.js';
import { Random } from '../../generator/random.js';

/** The service must listen on all addresses of this machine (`HOST=0.0.0.0`). */
export interface ImpatientPlan {
  readonly port: number;
  readonly key: string;
  readonly clients: number;
  readonly patienceMs: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Of the measured time alone. */
export interface ImpatientCounts {
  readonly attempts: number;
  /** Answered 200 in time. */
  readonly good: number;
  /** Answered 503. */
  readonly shed: number;
  readonly gaveUp: number;
  /** Not even connected. */
  readonly unconnected: number;
  /** Closed by the server before the answer was whole. */
  readonly reset: number;
  /** Answered in any other way. */
  readonly other: number;
  /** Median time of the good answers, ms. */
  readonly goodMedianMs: number;
  readonly seconds: number;
}

/** How often the clients look at the clock. */
const SWEEP_MS = 5;
const TEMPLATES = 500;
/**
 * A connection that its client closes keeps its pair of ports for a minute: with one address there
 * would soon be no port left, and the kernel's search for one would be what is measured.
 */
const ADDRESSES = 32;

class Crowd implements ConnectionOwner {
  readonly #writer: RequestWriter;
  readonly #endpoints: readonly Endpoint[];
  #opened = 0;
  /** Those with a request or a connection under way, in the order in which they began. */
  readonly #began = new Map<Connection, number>();
  #counts = emptyCounts();
  #goodMs: number[] = [];
  #stopped = false;

  constructor(private readonly plan: ImpatientPlan) {
    const random = new Random(11);
    const bodies = new BodySource({
      random,
      templates: madeUpTemplates(random, TEMPLATES),
      vary: true,
      repeatShare: 0,
      thread: 0,
      threads: 1,
    });
    this.#endpoints = Array.from({ length: ADDRESSES }, (_, i) => ({
      host: `127.0.0.${i + 1}`,
      port: plan.port,
      secure: false,
    }));
    this.#writer = new RequestWriter({
      url: new URL(`http://127.0.0.1:${plan.port}/reg/`),
      keys: [plan.key],
      headers: [],
      bodies,
      random,
      faultyShare: 0,
      checkShare: 0,
    });
  }

  async run(): Promise<ImpatientCounts> {
    const sweep = setInterval(() => this.#sweep(), SWEEP_MS);
    // They come in one after another: a thousand first connections at once would test the client.
    const steps = (this.plan.warmUpSeconds * 1000) / (2 * SWEEP_MS);
    for (let step = 1; step <= steps; step += 1) {
      while (this.#began.size < (this.plan.clients * step) / steps) this.#connect();
      await sleep(SWEEP_MS);
    }
    await sleep((this.plan.warmUpSeconds * 1000) / 2);
    this.#counts = emptyCounts();
    this.#goodMs = [];
    const startedAt = performance.now();
    await sleep(this.plan.seconds * 1000);
    const seconds = (performance.now() - startedAt) / 1000;
    const counts = { ...this.#counts };
    this.#stopped = true;
    clearInterval(sweep);
    for (const connection of this.#began.keys()) connection.destroy();
    const goodMs = this.#goodMs.sort((a, b) => a - b);
    return { ...counts, goodMedianMs: goodMs[goodMs.length >> 1] ?? NaN, seconds };
  }

  opened(connection: Connection): void {
    this.#send(connection, this.#began.get(connection) ?? performance.now());
  }

  answered(connection: Connection): void {
    const now = performance.now();
    const { status } = connection.answer;
    if (status === 200) {
      this.#counts.good += 1;
      this.#goodMs.push(now - connection.sentMs);
    } else if (status === 503) {
      this.#counts.shed += 1;
    } else {
      this.#counts.other += 1;
    }
    if (connection.answer.keepAlive) this.#send(connection, now);
    else this.#replace(connection);
  }

  closed(connection: Connection, reason: CloseReason): void {
    if (reason === 'connect') this.#counts.unconnected += 1;
    else this.#counts.reset += 1;
    this.#replace(connection);
  }

  #connect(): void {
    const endpoint = this.#endpoints[this.#opened % ADDRESSES];
    if (endpoint === undefined) return;
    this.#opened += 1;
    this.#counts.attempts += 1;
    this.#began.set(new Connection(endpoint, this), performance.now());
  }

  #send(connection: Connection, since: number): void {
    if (connection.busy || this.#stopped) return;
    if (connection.sentMs > 0) this.#counts.attempts += 1;
    const length = this.#writer.write(connection);
    connection.sentMs = since;
    connection.send(length);
    // To the end of the order: the sweep stops at the first who still has patience.
    this.#began.delete(connection);
    this.#began.set(connection, since);
  }

  #replace(connection: Connection): void {
    this.#began.delete(connection);
    connection.destroy();
    if (!this.#stopped) this.#connect();
  }

  #sweep(): void {
    const late = performance.now() - this.plan.patienceMs;
    for (const [connection, since] of [...this.#began]) {
      if (since > late) break;
      this.#counts.gaveUp += 1;
      this.#replace(connection);
    }
  }
}

function emptyCounts() {
  return { attempts: 0, good: 0, shed: 0, gaveUp: 0, reset: 0, unconnected: 0, other: 0 };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const [text = ''] = process.argv.slice(2);
console.log(JSON.stringify(await new Crowd(JSON.parse(text) as ImpatientPlan).run()));
process.exit(0);
