import { InputError } from './input-error.js';

const UTF_8 = 'utf-8';

type Decoder = InstanceType<typeof TextDecoder>;

/**
 * The standard name of a text encoding, e.g. `windows-1251` for `CP1251`.
 *
 * @throws InputError where it is none of the WHATWG Encoding Standard.
 */
export function encodingName(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new InputError(
      'unknown encoding; expected a name such as utf-8, windows-1251, koi8-r, ibm866 or utf-16le',
    );
  }
}

/**
 * What goes into lines: UTF-16 as UTF-8, with U+FFFD for what is no UTF-16; other encodings, in which
 * a line ends as in ASCII, as they are.
 *
 * @param encoding as {@link encodingName} gives it.
 * @throws InputError where the first bytes show that it is something else.
 */
export async function* decodeUtf16(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  const decoder = isUtf16(encoding) ? new TextDecoder(encoding, { ignoreBOM: true }) : undefined;
  let isStart = true;
  for await (const chunk of withWholeStart(chunks)) {
    if (isStart) checkStart(chunk, encoding);
    isStart = false;
    yield decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield Buffer.from(rest);
}

/** Decodes lines that {@link decodeUtf16} has gone over. */
export class LineDecoder {
  readonly #utf8 = new TextDecoder(UTF_8, { fatal: true, ignoreBOM: true });
  readonly #other: Decoder | undefined;

  constructor(private readonly encoding: string) {
    const isOther = encoding !== UTF_8 && !isUtf16(encoding);
    this.#other = isOther ? new TextDecoder(encoding, { fatal: true }) : undefined;
  }

  /** The text of a line, or why it has none. */
  decode(line: Uint8Array): { readonly text: string } | { readonly fault: string } {
    const { encoding } = this;
    const asUtf8 = decodeOrNothing(this.#utf8, line);
    if (this.#other === undefined) {
      if (asUtf8 === undefined) return { fault: notUtf8(line) };
      if (!isUtf16(encoding) || !asUtf8.includes('\uFFFD')) return { text: asUtf8 };
    } else if (asUtf8 !== undefined && asUtf8.length < line.length) {
      // Letters beyond ASCII in another encoding are practically never valid UTF-8.
      return { fault: `the line is UTF-8, not ${encoding}; leave --encoding out` };
    }
    const text = this.#other && decodeOrNothing(this.#other, line);
    return text === undefined ? { fault: `the line is not valid ${encoding}` } : { text };
  }
}

function decodeOrNothing(decoder: Decoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function isUtf16(encoding: string): boolean {
  return encoding.startsWith('utf-16');
}

/** What stands behind a line of bytes that is not UTF-8. */
function notUtf8(line: Uint8Array): string {
  const fault = 'the line is not valid UTF-8';
  const advice = 'give --encoding windows-1251';
  return line.every((byte) => byte < 0x80 || isWindows1251Letter(byte))
    ? `${fault}; it looks like windows-1251: ${advice}`
    : `${fault}; correct it, or name the file's encoding, e.g. ${advice}`;
}

/** The Russian alphabet; KOI8-R has letters at the same places. */
function isWindows1251Letter(byte: number): boolean {
  return byte >= 0xc0 || byte === 0xa8 || byte === 0xb8;
}

/** Bytes that a file of this kind begins with; longer ones first where one begins with another. */
const SIGNATURES: readonly (readonly [kind: string, bytes: readonly number[]])[] = [
  [UTF_8, [0xef, 0xbb, 0xbf]],
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
  ['a gzip file', [0x1f, 0x8b]],
  ['a ZIP archive, as .xlsx files are', [0x50, 0x4b, 3, 4]],
];
const SIGNATURE_BYTES_MAX = 4;

function checkStart(start: Uint8Array, encoding: string): void {
  const kind =
    SIGNATURES.find(([, bytes]) => bytes.every((byte, i) => start[i] === byte))?.[0] ??
    utf16WithoutMark(start);
  if (kind === undefined || kind === encoding) return;
  const advice = kind.startsWith('utf-')
    ? `give --encoding ${kind}`
    : 'expected CSV or NDJSON, best in UTF-8';
  throw new InputError(`the input is ${kind}, not ${encoding}; ${advice}`);
}

/** CSV and NDJSON begin with ASCII, of which UTF-16 makes every second byte 0. */
function utf16WithoutMark([a, b, c, d]: Uint8Array): string | undefined {
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le';
  return a === 0 && b !== 0 && c === 0 && d !== 0 ? 'utf-16be' : undefined;
}

/** The first chunk holds the signature, however small the chunks are that come. */
async function* withWholeStart(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of chunks) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = start.length === 0 ? chunk : Buffer.concat([start, chunk]);
    if (start.length < SIGNATURE_BYTES_MAX) continue;
    yield start;
    start = undefined;
  }
  if (start !== undefined && start.length > 0) yield start;
}
