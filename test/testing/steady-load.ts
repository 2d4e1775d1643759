import { API_KEY } from './start-service.js';
import { RawConnection } from './raw-http.js';

/** What became of the requests of a load. */
export interface LoadResult {
  readonly ok: number;
  /** Answers other than 200, by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Requests written on an accepted connection that ended without their whole answer. */
  readonly lost: number;
  /** Connections that could not be opened, or were opened during a stop and never served. */
  readonly refused: number;
  /** Of the answers with 200, in the order in which they came. */
  readonly latenciesMs: readonly number[];
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  /** The body of the n-th request. */
  readonly body: (n: number) => string;
  /** Called for each answer with 200. */
  readonly onAnswer?: (n: number, body: string) => void;
}

/**
 * Clients that keep their connections and send one request after another, each at once after the
 * answer to the last. What is lost shows in the bytes themselves: a client knows what it wrote
 * and whether the server had closed before.
 */
export class SteadyLoad {
  #stopped = false;
  #endOfService = false;
  #count = 0;
  #ok = 0;
  #lost = 0;
  #refused = 0;
  readonly #statuses = new Map<number, number>();
  readonly #latenciesMs: number[] = [];
  readonly #clients: Promise<void>[];
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  private constructor(private readonly options: LoadOptions) {
    this.#clients = Array.from({ length: options.connections }, () => this.#client());
  }

  static start(options: LoadOptions): SteadyLoad {
    return new SteadyLoad(options);
  }

  get answered(): number {
    return this.#ok;
  }

  /** Waits until `count` more requests have been answered with 200. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ count: this.#ok + count, resolve }));
  }

  /**
   * Says that the service is about to end: from here on a connection may be refused, and one that
   * the system took for a listener that is then closed may be reset without ever being served.
   */
  expectEnd(): void {
    this.#endOfService = true;
  }

  /** Ends after the requests that are under way. */
  async stop(): Promise<LoadResult> {
    this.#stopped = true;
    await Promise.all(this.#clients);
    return {
      ok: this.#ok,
      statuses: this.#statuses,
      lost: this.#lost,
      refused: this.#refused,
      latenciesMs: this.#latenciesMs,
    };
  }

  async #client(): Promise<void> {
    while (!this.#stopped) {
      let connection: RawConnection;
      try {
        connection = await RawConnection.open(this.options.port);
      } catch {
        this.#refused += 1;
        if (this.#endOfService) return;
        continue;
      }
      const isLate = this.#endOfService;
      await this.#useUp(connection, isLate);
      connection.close();
    }
  }

  /** Sends until the server says that it closes, the connection breaks or the load stops. */
  async #useUp(connection: RawConnection, isLate: boolean): Promise<void> {
    for (let served = 0; !this.#stopped && !connection.ended; served += 1) {
      const n = this.#count;
      this.#count += 1;
      const body = this.options.body(n);
      const startedAt = performance.now();
      await connection.write(
        `POST /reg/ HTTP/1.1\r\nhost: regno\r\nx-api-key: ${API_KEY}\r\n` +
          `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      const answer = await connection.next();
      if (answer === undefined) {
        if (isLate && served === 0) this.#refused += 1;
        else this.#lost += 1;
        return;
      }
      if (answer.status === 200) this.#answered(n, answer.body, performance.now() - startedAt);
      else this.#statuses.set(answer.status, (this.#statuses.get(answer.status) ?? 0) + 1);
      if (answer.headers.get('connection') === 'close') return;
    }
  }

  #answered(n: number, body: string, latencyMs: number): void {
    this.#ok += 1;
    this.#latenciesMs.push(latencyMs);
    this.options.onAnswer?.(n, body);
    for (const { count, resolve } of this.#waiting) if (this.#ok >= count) resolve();
  }
}
