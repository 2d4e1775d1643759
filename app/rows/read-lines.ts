import { decodeUtf16, LineDecoder } from './decode-text.js';

/** A line longer than this is no reading: the lists of one hold 16,384 characters at the most. */
export const LINE_BYTES_MAX = 262_144;

export interface InputLine {
  /** Counted from 1, empty lines included. */
  readonly number: number;
  /** Without its end; undefined where the bytes are no text or too many. */
  readonly text: string | undefined;
  /** Why there is no text. */
  readonly fault?: string;
}

const LF = 0x0a;

/**
 * Splits a stream into its lines (LF or CR LF), in memory bounded by a chunk and a line. A byte order
 * mark at the start is dropped, and so are empty lines.
 *
 * @param encoding as `encodingName` gives it.
 * @throws InputError where the first bytes show that it is another one.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  encoding = 'utf-8',
): AsyncGenerator<InputLine> {
  const lines = new LineSplitter(encoding);
  for await (const chunk of decodeUtf16(chunks, encoding)) yield* lines.push(chunk);
  yield* lines.end();
}

class LineSplitter {
  readonly #decoder: LineDecoder;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #number = 0;

  constructor(encoding: string) {
    this.#decoder = new LineDecoder(encoding);
  }

  *push(chunk: Uint8Array): Generator<InputLine> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LF, start);
      if (end < 0) break;
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield* this.#take();
    }
    // Copied: what is left must not hold the whole chunk in memory.
    this.#keep(chunk.slice(start));
  }

  *end(): Generator<InputLine> {
    if (this.#pendingBytes > 0) yield* this.#take();
  }

  #keep(piece: Uint8Array): void {
    this.#pendingBytes += piece.length;
    if (this.#pendingBytes <= LINE_BYTES_MAX) this.#pending.push(piece);
    else this.#pending = [];
  }

  *#take(): Generator<InputLine> {
    const tooLong = this.#pendingBytes > LINE_BYTES_MAX;
    const [first] = this.#pending;
    const bytes =
      this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    const number = ++this.#number;
    if (tooLong) {
      const fault = `the line is too long; expected at most ${LINE_BYTES_MAX} bytes`;
      yield { number, text: undefined, fault };
      return;
    }
    const decoded = this.#decoder.decode(bytes);
    if ('fault' in decoded) {
      yield { number, text: undefined, fault: decoded.fault };
      return;
    }
    const start = number === 1 && decoded.text.startsWith('\uFEFF') ? 1 : 0;
    const text = decoded.text.slice(start, decoded.text.endsWith('\r') ? -1 : undefined);
    if (text.trim() !== '') yield { number, text };
  }
}
