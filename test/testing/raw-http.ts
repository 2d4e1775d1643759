import { connect, type Socket } from 'node:net';

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; values of repeated headers joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Where it ends in the bytes that were read, informational answers before it included. */
  readonly bytes: number;
}

export interface RawExchange {
  readonly answers: readonly RawAnswer[];
  /** How the server's side ended: `open` where it still is, `reset` where bytes may be lost. */
  readonly ending: 'closed' | 'open' | 'reset';
}

export interface RawOptions {
  /** Answers to wait for; without it until the server closes. */
  readonly answers?: number;
  /** Says that the answers have no body, as to HEAD. */
  readonly bodiless?: boolean;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** A TCP connection on which a test writes what it likes and reads answers. */
export class RawConnection {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ending: RawExchange['ending'] = 'open';
  #wake: () => void = () => undefined;

  private constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    this.socket.on('end', () => this.#ended('closed'));
    this.socket.on('error', () => this.#ended('reset'));
    this.socket.on('close', () => this.#ended('closed'));
  }

  static open(port: number): Promise<RawConnection> {
    const connection = new RawConnection(port);
    return new Promise((resolve, reject) => {
      connection.socket.once('connect', () => resolve(connection));
      connection.socket.once('error', reject);
    });
  }

  get received(): string {
    return this.#received.toString('latin1');
  }

  /** Resolves when the bytes are handed to the system, or cannot be any more. */
  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Says that nothing more will be written. */
  finish(): void {
    this.socket.end();
  }

  /** Reads until the wanted answers are there, the server closes or the time is up. */
  async read(options: RawOptions = {}): Promise<RawExchange> {
    const { answers: wanted = Infinity, bodiless = false, timeoutMs = TIMEOUT_MS } = options;
    const until = performance.now() + timeoutMs;
    for (;;) {
      const answers = parseAnswers(this.#received, bodiless);
      if (answers.length >= wanted || this.#ending !== 'open') {
        return { answers, ending: this.#ending };
      }
      const left = until - performance.now();
      if (left <= 0) return { answers, ending: this.#ending };
      await this.#news(left);
    }
  }

  /** The next answer, which is taken off; undefined where the server ended without one. */
  async next(timeoutMs = TIMEOUT_MS): Promise<RawAnswer | undefined> {
    const { answers } = await this.read({ answers: 1, timeoutMs });
    const [first] = answers;
    if (first !== undefined) this.#received = this.#received.subarray(first.bytes);
    return first;
  }

  get ended(): boolean {
    return this.#ending !== 'open';
  }

  close(): void {
    this.socket.destroy();
  }

  #news(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #ended(how: 'closed' | 'reset'): void {
    if (this.#ending === 'open') this.#ending = how;
    this.#wake();
  }
}

/** Writes bytes on a connection of their own and reads what comes back. */
export async function exchange(
  port: number,
  bytes: string | Uint8Array,
  options: RawOptions = {},
): Promise<RawExchange> {
  const connection = await RawConnection.open(port);
  try {
    await connection.write(bytes);
    return await connection.read(options);
  } finally {
    connection.close();
  }
}

/** Complete answers at the beginning of `bytes`; informational ones (1xx) are left out. */
function parseAnswers(bytes: Buffer, bodiless: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let start = 0;
  for (;;) {
    const headEnd = bytes.indexOf('\r\n\r\n', start);
    if (headEnd < 0) return answers;
    const head = bytes.subarray(start, headEnd).toString('latin1');
    const [statusLine = '', ...lines] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(statusLine)?.[1]);
    const headers = headersOf(lines);
    const length = bodiless || status < 200 ? 0 : Number(headers.get('content-length') ?? 0);
    const end = headEnd + 4 + length;
    if (bytes.length < end) return answers;
    const body = bytes.subarray(headEnd + 4, end).toString('utf8');
    if (status >= 200) answers.push({ status, headers, body, bytes: end });
    start = end;
  }
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}
