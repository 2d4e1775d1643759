/**
 * A small, strict reader of HTTP/1.1 answers (RFC 9112) for one connection with one request in flight:
 * content-length, chunked, and answers that end with the connection; interim 1xx answers are skipped.
 * What is ambiguous (two lengths, a length beside chunked, bare line feeds, folded headers, bytes
 * after the answer) is refused, so that a broken server is not counted as a working one.
 */
export class AnswerParser {
  /** The status of the answer that is being read or was read last. */
  status = 0;
  /** Whether the connection may carry another request after this answer. */
  keepAlive = true;

  #state: State = 'idle';
  #wantBody = false;
  #pending: Buffer = EMPTY;
  #remaining = 0;
  #lengthSeen = -1;
  #chunked = false;
  #closeToken = false;
  #keepAliveToken = false;
  #bodyParts: Buffer[] = [];
  #bodyBytes = 0;

  /** Makes ready for the next answer; its body is kept only if asked for. */
  begin(wantBody: boolean): void {
    this.#wantBody = wantBody;
    this.#bodyParts = [];
    this.#bodyBytes = 0;
    this.#startHead();
  }

  /**
   * Takes the bytes that came; true when they end the answer. The bytes may be overwritten afterwards.
   * @throws MalformedAnswerError when they are not an answer.
   */
  push(bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === 'idle') {
        throw new MalformedAnswerError(`${bytes.length - at} bytes that no request asked for`);
      }
      at = this.#step(bytes, at);
    }
    return this.#state === 'idle';
  }

  /**
   * The server closed the connection; true when that is how this answer ends.
   * False when the answer is incomplete.
   */
  end(): boolean {
    if (this.#state !== 'until-close') return false;
    this.#state = 'idle';
    return true;
  }

  /** The body of the answer read last; empty unless it was asked for. */
  body(): Buffer {
    const [first] = this.#bodyParts;
    return this.#bodyParts.length === 1 && first ? first : Buffer.concat(this.#bodyParts);
  }

  #startHead(): void {
    this.#state = 'head';
    this.#pending = EMPTY;
    this.#lengthSeen = -1;
    this.#chunked = false;
    this.#closeToken = false;
    this.#keepAliveToken = false;
  }

  #step(bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at);
      case 'body':
        return this.#readBody(bytes, at);
      case 'chunk-data':
        return this.#readChunkData(bytes, at);
      case 'chunk-size':
      case 'chunk-end':
      case 'trailer':
        return this.#readChunkLine(bytes, at);
      case 'until-close':
        this.#keep(bytes, at, bytes.length);
        return bytes.length;
      case 'idle':
        return at;
    }
  }

  #readHead(bytes: Buffer, at: number): number {
    const joined = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const start = this.#pending.length === 0 ? at : 0;
    const end = joined.indexOf('\r\n\r\n', start, 'latin1');
    if (end < 0) {
      if (joined.length - start > HEAD_BYTES_MAX) {
        throw new MalformedAnswerError(`headers of more than ${HEAD_BYTES_MAX} bytes`);
      }
      checkStart(joined, start);
      this.#pending = Buffer.from(joined.subarray(start));
      return bytes.length;
    }
    this.#readStatusLine(joined, start);
    this.#readHeaders(joined, start, end);
    const left = joined.length - end - 4;
    this.#pending = EMPTY;
    this.#chooseBody();
    return bytes.length - left;
  }

  #readStatusLine(bytes: Buffer, start: number): void {
    checkStart(bytes, start);
    const minor = bytes[start + 7];
    const status =
      digit(bytes[start + 9]) * 100 + digit(bytes[start + 10]) * 10 + digit(bytes[start + 11]);
    const after = bytes[start + 12];
    if (
      (minor !== 0x31 && minor !== 0x30) ||
      !(status >= 100 && status <= 999) ||
      (after !== SP && after !== CR)
    ) {
      throw new MalformedAnswerError('a status line that is not "HTTP/1.1 NNN reason"');
    }
    this.status = status;
    this.keepAlive = minor === 0x31;
  }

  #readHeaders(bytes: Buffer, start: number, end: number): void {
    let line = lineEnd(bytes, start, end) + 2;
    while (line < end) {
      const next = lineEnd(bytes, line, end);
      this.#readHeader(bytes, line, next);
      line = next + 2;
    }
    if (this.#closeToken) this.keepAlive = false;
    else if (this.#keepAliveToken) this.keepAlive = true;
  }

  #readHeader(bytes: Buffer, line: number, end: number): void {
    const colon = bytes.indexOf(0x3a, line);
    if (colon <= line || colon >= end || bytes[line] === SP || bytes[line] === TAB) {
      throw new MalformedAnswerError('a header line without a name, or a folded one');
    }
    // Only three headers matter here; their names' lengths tell them from nearly all others.
    const nameLength = colon - line;
    if (nameLength !== 14 && nameLength !== 17 && nameLength !== 10) return;
    const name = bytes.toString('latin1', line, colon).toLowerCase();
    if (name === 'content-length')
      this.#readLength(bytes.toString('latin1', colon + 1, end).trim());
    else if (name === 'transfer-encoding')
      this.#readEncoding(bytes.toString('latin1', colon + 1, end));
    else if (name === 'connection') this.#readConnection(bytes.toString('latin1', colon + 1, end));
  }

  #readLength(text: string): void {
    const length = /^\d{1,15}$/.test(text) ? Number(text) : -1;
    if (length < 0) throw new MalformedAnswerError('a content-length that is not a number');
    if (this.#lengthSeen >= 0 && this.#lengthSeen !== length) {
      throw new MalformedAnswerError('two content-length headers that differ');
    }
    this.#lengthSeen = length;
  }

  #readEncoding(text: string): void {
    if (text.trim().toLowerCase() !== 'chunked') {
      throw new MalformedAnswerError('a transfer-encoding other than chunked');
    }
    this.#chunked = true;
  }

  #readConnection(text: string): void {
    for (const token of text.toLowerCase().split(',')) {
      if (token.trim() === 'close') this.#closeToken = true;
      if (token.trim() === 'keep-alive') this.#keepAliveToken = true;
    }
  }

  #chooseBody(): void {
    if (this.#chunked && this.#lengthSeen >= 0) {
      throw new MalformedAnswerError('both content-length and transfer-encoding');
    }
    if (this.#lengthSeen > BODY_BYTES_MAX) {
      throw new MalformedAnswerError(`a body of more than ${BODY_BYTES_MAX} bytes`);
    }
    if (this.status === 101) throw new MalformedAnswerError('101: a switch nobody asked for');
    if (this.status < 200) {
      this.#startHead();
    } else if (this.status === 204 || this.status === 304 || this.#lengthSeen === 0) {
      this.#state = 'idle';
    } else if (this.#chunked) {
      this.#state = 'chunk-size';
    } else if (this.#lengthSeen > 0) {
      this.#remaining = this.#lengthSeen;
      this.#state = 'body';
    } else {
      this.keepAlive = false;
      this.#state = 'until-close';
    }
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#keep(bytes, at, end);
    this.#remaining -= end - at;
    if (this.#remaining === 0) this.#state = 'idle';
    return end;
  }

  #readChunkData(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#keep(bytes, at, end);
    this.#remaining -= end - at;
    if (this.#remaining === 0) this.#state = 'chunk-end';
    return end;
  }

  #readChunkLine(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(LF, at);
    const end = feed < 0 ? bytes.length : feed + 1;
    const line =
      this.#pending.length === 0
        ? bytes.subarray(at, end)
        : Buffer.concat([this.#pending, bytes.subarray(at, end)]);
    if (line.length > CHUNK_LINE_BYTES_MAX) {
      throw new MalformedAnswerError(`a chunk line of more than ${CHUNK_LINE_BYTES_MAX} bytes`);
    }
    if (feed < 0) {
      this.#pending = Buffer.from(line);
      return end;
    }
    this.#pending = EMPTY;
    if (line[line.length - 2] !== CR) throw new MalformedAnswerError('a bare line feed');
    this.#takeChunkLine(line.toString('latin1', 0, line.length - 2));
    return end;
  }

  #takeChunkLine(line: string): void {
    if (this.#state === 'chunk-end') {
      if (line !== '') throw new MalformedAnswerError('bytes after a chunk');
      this.#state = 'chunk-size';
    } else if (this.#state === 'trailer') {
      if (line === '') this.#state = 'idle';
    } else {
      const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
      if (size === undefined)
        throw new MalformedAnswerError('a chunk size that is not hexadecimal');
      this.#remaining = Number.parseInt(size, 16);
      this.#state = this.#remaining === 0 ? 'trailer' : 'chunk-data';
    }
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    this.#bodyBytes += to - from;
    if (this.#bodyBytes > BODY_BYTES_MAX) {
      throw new MalformedAnswerError(`a body of more than ${BODY_BYTES_MAX} bytes`);
    }
    if (this.#wantBody && to > from) this.#bodyParts.push(Buffer.from(bytes.subarray(from, to)));
  }
}

/** The bytes that came are not an HTTP/1.1 answer to one request. */
export class MalformedAnswerError extends Error {
  constructor(found: string) {
    super(`Expected one HTTP/1.1 answer to one request; found ${found}`);
    this.name = 'MalformedAnswerError';
  }
}

type State =
  'idle' | 'head' | 'body' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close';

const HEAD_BYTES_MAX = 32_768;
const BODY_BYTES_MAX = 8_388_608;
const CHUNK_LINE_BYTES_MAX = 4_096;
const EMPTY = Buffer.alloc(0);
const LF = 0x0a;
const CR = 0x0d;
const SP = 0x20;
const TAB = 0x09;
const VERSION = Buffer.from('HTTP/1.', 'latin1');

/** What comes first must be the start of "HTTP/1.", however little of it has come. */
function checkStart(bytes: Buffer, start: number): void {
  const count = Math.min(VERSION.length, bytes.length - start);
  for (let i = 0; i < count; i += 1) {
    if (bytes[start + i] !== VERSION[i]) {
      throw new MalformedAnswerError('bytes that do not start with "HTTP/1."');
    }
  }
}

function digit(byte: number | undefined): number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : NaN;
}

/** Where the CRLF of the line begins; `end` is where the CRLF of the last line begins. */
function lineEnd(bytes: Buffer, line: number, end: number): number {
  const feed = bytes.indexOf(LF, line);
  if (feed < 0 || feed > end) return end;
  if (bytes[feed - 1] !== CR) throw new MalformedAnswerError('a bare line feed');
  return feed - 1;
}
