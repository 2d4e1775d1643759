import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseContentType } from 'content-type';
import typeIs from 'type-is';
import type { RefusalCode } from './refusal.js';

/** What was done to a body's bytes before they were sent. */
export type ContentCoding = 'identity' | 'gzip' | 'deflate';

export type BodyFormat = { readonly ok: true; readonly coding: ContentCoding } | RefusedFormat;

export interface RefusedFormat {
  readonly ok: false;
  readonly code: RefusalCode;
  /** What was got and what was expected. */
  readonly detail: string;
  /** Names and values of the answer's headers that show a program what is accepted. */
  readonly headers: readonly string[];
}

/**
 * How the head of a request announces its body: JSON in UTF-8, plain or compressed, or a refusal
 * (RFC 9110, 8.3, 8.4 and 15.5.16). No type counts as JSON, as it did in the old service; parameters
 * of the type but the charset are ignored.
 */
export function bodyFormatOf(headers: IncomingHttpHeaders): BodyFormat {
  const type = headers['content-type'];
  const isJson =
    type === undefined || type === 'application/json' || type === 'application/json; charset=utf-8';
  const isPlain = headers['content-encoding'] === undefined && !hasOtherTransferCoding(headers);
  // Nearly every request ends here, after a few comparisons.
  if (isJson && isPlain) return FORMATS.identity;
  return refusedType(type ?? '') ?? refusedTransferCoding(headers) ?? contentFormat(headers);
}

const FORMATS = {
  identity: { ok: true, coding: 'identity' },
  gzip: { ok: true, coding: 'gzip' },
  deflate: { ok: true, coding: 'deflate' },
} as const satisfies Record<ContentCoding, BodyFormat>;

/** A recipient ought to take `x-gzip` for `gzip` (RFC 9110, 8.4.1.3). */
const CONTENT_CODINGS: ReadonlyMap<string, ContentCoding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
]);

/** Every ASCII text is UTF-8, but {@link TextDecoder} takes these names for windows-1252. */
const ASCII_NAMES = new Set(['us-ascii', 'ascii']);

const SHOWN_CHARS_MAX = 60;

/** The type that was accepted last: clients send the same one each time, and parsing is slow. */
let acceptedType = '';

function refusedType(header: string): RefusedFormat | undefined {
  if (header === acceptedType || header.trim() === '') return undefined;
  const { type, parameters } = parseContentType(header);
  const accept = ['accept', 'application/json'];
  if (typeIs.is(type, ['json', '+json']) === false) {
    return refused('unsupported_media_type', type, 'application/json', accept);
  }
  const { charset = '' } = parameters;
  if (charset !== '' && !isUtf8Name(charset)) {
    return refused('unsupported_charset', charset, 'utf-8', accept);
  }
  acceptedType = header;
  return undefined;
}

function isUtf8Name(charset: string): boolean {
  const name = charset.toLowerCase();
  if (name === 'utf-8' || ASCII_NAMES.has(name)) return true;
  try {
    return new TextDecoder(name).encoding === 'utf-8';
  } catch {
    return false;
  }
}

/** Another coding before `chunked`; one in its place is refused by Node's parser. */
function hasOtherTransferCoding(headers: IncomingHttpHeaders): boolean {
  const codings = headers['transfer-encoding'];
  if (codings === undefined || codings === 'chunked') return false;
  return /,[ \t]*chunked[ \t]*$/i.test(codings);
}

function refusedTransferCoding(headers: IncomingHttpHeaders): RefusedFormat | undefined {
  if (!hasOtherTransferCoding(headers)) return undefined;
  const got = `transfer-encoding ${headers['transfer-encoding'] ?? ''}`;
  return refused('unsupported_encoding', got, 'chunked or none', []);
}

function contentFormat(headers: IncomingHttpHeaders): BodyFormat {
  const header = headers['content-encoding'] ?? '';
  const applied = header
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  if (applied.length === 0) return FORMATS.identity;
  const coding = applied.length === 1 ? CONTENT_CODINGS.get(applied[0] ?? '') : undefined;
  if (coding !== undefined) return FORMATS[coding];
  const accepted = 'one of gzip and deflate, or none';
  const headersOfAnswer = ['accept-encoding', 'gzip, deflate'];
  return refused('unsupported_encoding', `content-encoding ${header}`, accepted, headersOfAnswer);
}

/** @param got by the client; it is cut, and holds no control characters in the answer */
function refused(
  code: RefusalCode,
  got: string,
  expected: string,
  headers: readonly string[],
): RefusedFormat {
  const cut = got.length > SHOWN_CHARS_MAX ? `${got.slice(0, SHOWN_CHARS_MAX)}...` : got;
  const shown = cut.replace(/[^\x20-\x7e]/g, '?');
  return { ok: false, code, detail: `got ${shown}, expected ${expected}`, headers };
}
