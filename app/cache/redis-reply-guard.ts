import type { Socket } from 'node:net';

/** What came was no reply that a command of ours can have; the connection is of no use any more. */
export class ReplyRefused extends Error {
  override readonly name = 'ReplyRefused';

  constructor(readonly reason: 'protocol' | 'shape' | 'too_large') {
    super(`Redis sent a reply that no command asked for (${reason})`);
  }
}

const CR = 13;
const LF = 10;
const SIMPLE = 43; // +
const ERROR = 45; // -
const BULK = 36; // $
/** All other types of RESP 2 and 3. */
const OTHER_TYPES: ReadonlySet<number> = new Set(Buffer.from(':*_#,(!=%~>|'));
/** Errors of Redis are a sentence; those of scripts and modules may be a paragraph. */
const LINE_BYTES_MAX = 4096;
const LENGTH_DIGITS_MAX = 10;

/**
 * Reads along with the bytes of RESP and refuses all that `AUTH`, `SELECT`, `GETRANGE`, `SET` and
 * `QUIT` never answer: aggregates, numbers, nulls, and strings longer than was asked for. The client
 * would build whatever a server sends, up to gigabytes, and throws outside of any promise on some.
 */
export class ReplyGuard {
  /** Type of the reply that has begun; 0 between replies. */
  #type = 0;
  /** Bytes of its line, or digits of its length, so far. */
  #line = 0;
  #length = 0;
  /** Bytes of a string that are still to come, its CR LF included. */
  #body = 0;
  #previous = 0;

  /** @param stringBytesMax length of the longest string that may come */
  constructor(private readonly stringBytesMax: number) {}

  /** @throws ReplyRefused at the first byte that cannot be right */
  check(chunk: Buffer): void {
    for (const byte of chunk) {
      if (this.#body > 0) this.#inBody(byte);
      else if (this.#type === 0) this.#begin(byte);
      else if (byte === LF) this.#endLine();
      else this.#inLine(byte);
      this.#previous = byte;
    }
  }

  #begin(byte: number): void {
    if (byte !== SIMPLE && byte !== ERROR && byte !== BULK) {
      throw new ReplyRefused(OTHER_TYPES.has(byte) ? 'shape' : 'protocol');
    }
    this.#type = byte;
    this.#line = 0;
    this.#length = 0;
  }

  #inLine(byte: number): void {
    if (this.#previous === CR) throw new ReplyRefused('protocol');
    if (byte === CR) return;
    this.#line += 1;
    if (this.#type !== BULK) {
      if (this.#line > LINE_BYTES_MAX) throw new ReplyRefused('too_large');
      return;
    }
    const digit = byte - 48;
    // A null, `$-1`, is no answer to GETRANGE.
    if (byte === ERROR && this.#line === 1) throw new ReplyRefused('shape');
    if (digit < 0 || digit > 9) throw new ReplyRefused('protocol');
    if (this.#line > LENGTH_DIGITS_MAX) throw new ReplyRefused('too_large');
    this.#length = this.#length * 10 + digit;
  }

  #endLine(): void {
    const isBulk = this.#type === BULK;
    if (this.#previous !== CR || (isBulk && this.#line === 0)) throw new ReplyRefused('protocol');
    if (isBulk && this.#length > this.stringBytesMax) throw new ReplyRefused('too_large');
    if (isBulk) this.#body = this.#length + 2;
    this.#type = 0;
  }

  #inBody(byte: number): void {
    this.#body -= 1;
    if ((this.#body === 1 && byte !== CR) || (this.#body === 0 && byte !== LF)) {
      throw new ReplyRefused('protocol');
    }
  }
}

/** Ends a connection at the first byte that {@link ReplyGuard} refuses; nobody gets to read it. */
export function guardReplies(socket: Socket, stringBytesMax: number): void {
  const guard = new ReplyGuard(stringBytesMax);
  const push = socket.push.bind(socket);
  // Node hands over by `push` what it has read. A listener of 'data' would come after the client's.
  socket.push = (chunk: Buffer | null) => {
    try {
      if (chunk !== null) guard.check(chunk);
    } catch (error) {
      socket.destroy(error as ReplyRefused);
      return false;
    }
    return push(chunk);
  };
}
