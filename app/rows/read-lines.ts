/** A line longer than this is no reading: the lists of one hold 16,384 characters at the most. */
export const LINE_BYTES_MAX = 262_144;

export interface InputLine {
  /** Counted from 1, empty lines included. */
  readonly number: number;
  /** Without its end; undefined where the bytes are no UTF-8 or too many. */
  readonly text: string | undefined;
  /** Why there is no text. */
  readonly fault?: string;
  /** Bytes of the input up to and including this line. */
  readonly bytesRead: number;
}

const LF = 0x0a;

/**
 * Splits a stream into its lines (LF or CR LF), in memory bounded by a chunk and a line. A byte order
 * mark at the start is dropped, and so are empty lines.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<InputLine> {
  const lines = new LineSplitter();
  for await (const chunk of chunks) yield* lines.push(chunk);
  yield* lines.end();
}

class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #number = 0;
  #bytesRead = 0;

  *push(chunk: Uint8Array): Generator<InputLine> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LF, start);
      if (end < 0) break;
      this.#keep(chunk.subarray(start, end));
      this.#bytesRead++;
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
    this.#bytesRead += piece.length;
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
    const bytesRead = this.#bytesRead;
    if (tooLong) {
      const fault = `the line is too long; expected at most ${LINE_BYTES_MAX} bytes`;
      yield { number, text: undefined, fault, bytesRead };
      return;
    }
    const text = this.#decode(bytes, number === 1);
    if (text === undefined) yield { number, text, fault: 'the line is not valid UTF-8', bytesRead };
    else if (text.trim() !== '') yield { number, text, bytesRead };
  }

  #decode(bytes: Uint8Array, isFirst: boolean): string | undefined {
    try {
      const text = this.#decoder.decode(bytes);
      const start = isFirst && text.startsWith('\uFEFF') ? 1 : 0;
      return text.slice(start, text.endsWith('\r') ? -1 : undefined);
    } catch {
      return undefined;
    }
  }
}
