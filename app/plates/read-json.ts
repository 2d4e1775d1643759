import { Buffer, isUtf8 } from 'node:buffer';
import { describeJsonFault, describePlace } from '../rows/json-fault.js';
import { invalidBody } from './parse-reading.js';
import { BODY_EXPECTED } from './reading-fields.js';
import type { InvalidInput } from '../serving/ports.js';

export type JsonBody = { readonly ok: true; readonly value: unknown } | InvalidInput;

/**
 * The value of a body that is JSON in UTF-8, with or without a byte order mark. What is wrong with
 * another is reported with its place, and without a word of what it holds.
 */
export function readJson(body: Buffer): JsonBody {
  if (!isUtf8(body)) return notUtf8(body);
  const start = hasByteOrderMark(body) ? BYTE_ORDER_MARK_BYTES : 0;
  const text = body.toString('utf8', start);
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    if (/^[ \t\n\r]*$/.test(text)) return invalidBody('empty_body', BODY_EXPECTED);
    const other = otherEncoding(body);
    if (other !== undefined) return invalidBody('invalid_utf8', `UTF-8, got ${other}`);
    return invalidBody('invalid_json', describeJsonFault(text, start));
  }
}

const BYTE_ORDER_MARK_BYTES = 3;

function hasByteOrderMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

function notUtf8(body: Buffer): InvalidInput {
  const other = otherEncoding(body);
  if (other !== undefined) return invalidBody('invalid_utf8', `UTF-8, got ${other}`);
  const before = body.toString('utf8', 0, firstInvalidByte(body));
  return invalidBody('invalid_utf8', `UTF-8 at ${describePlace(before, before.length)}`);
}

/**
 * Where UTF-8 ends: decoding replaces what is none by U+FFFD, so from there on the bytes of the
 * decoded text are others.
 */
function firstInvalidByte(body: Buffer): number {
  const again = Buffer.from(body.toString('utf8'), 'utf8');
  let index = 0;
  while (index < body.length && body[index] === again[index]) index += 1;
  // The sequence that broke may itself begin like U+FFFD, EF BF BD.
  if (body[index - 1] === 0xef) return index - 1;
  return body[index - 2] === 0xef && body[index - 1] === 0xbf ? index - 2 : index;
}

/** By the mark at the beginning, or by the zeros that ASCII, with which JSON begins, has there. */
function otherEncoding(body: Buffer): string | undefined {
  const beginning = body.toString('hex', 0, 4);
  return OTHER_ENCODINGS.find(([pattern]) => pattern.test(beginning))?.[1];
}

/** The first four bytes in hexadecimal. */
const OTHER_ENCODINGS: readonly (readonly [RegExp, string])[] = [
  [/^(?:0000feff|000000..)$/, 'UTF-32 (big endian)'],
  [/^(?:fffe0000|..000000)$/, 'UTF-32 (little endian)'],
  [/^(?:feff|00..00..$)/, 'UTF-16 (big endian)'],
  [/^(?:fffe|..00..00$)/, 'UTF-16 (little endian)'],
];
