import { gunzipSync, inflateRawSync, inflateSync, type Zlib } from 'node:zlib';
import type { ContentCoding } from './body-format.js';

export type DecompressedBody =
  | { readonly ok: true; readonly body: Buffer }
  | {
      readonly ok: false;
      readonly code: 'body_too_large' | 'invalid_compression';
      readonly detail: string;
    };

/**
 * A body without its content coding. What would grow beyond the limit is refused as soon as it does.
 * Synchronous: a body within the usual limit takes 10 to 80 microseconds, which a thread would not
 * make shorter.
 *
 * @param limitBytes most bytes of the decompressed body
 */
export function decompressBody(
  compressed: Buffer,
  coding: Exclude<ContentCoding, 'identity'>,
  limitBytes: number,
): DecompressedBody {
  const decompress =
    coding === 'gzip' ? gunzipSync : isZlib(compressed) ? inflateSync : inflateRawSync;
  try {
    const options = { maxOutputLength: limitBytes, info: true };
    // Node's types do not know what `info` changes.
    const { buffer, engine } = decompress(compressed, options) as unknown as Decompressed;
    // Node ignores what follows the end of the compressed data.
    if (engine.bytesWritten === compressed.length) return { ok: true, body: buffer };
    return invalid(`bytes follow the end of its ${coding} data`);
  } catch (error) {
    return refusedBy(error, coding, limitBytes);
  }
}

interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: Zlib;
}

/**
 * `deflate` means deflate data in zlib's frame, but some clients send it without the frame
 * (RFC 9110, 8.4.1.2). The frame begins with method 8 and a check of its first two bytes.
 */
function isZlib(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  return (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
}

function refusedBy(error: unknown, coding: string, limitBytes: number): DecompressedBody {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ERR_BUFFER_TOO_LARGE': {
      const detail = `expected at most ${limitBytes} bytes after decompression`;
      return { ok: false, code: 'body_too_large', detail };
    }
    case 'Z_BUF_ERROR':
      return invalid(`its ${coding} data ends too early`);
    case 'Z_NEED_DICT':
      return invalid(`its ${coding} data needs a dictionary`);
    default:
      return invalid(`it is not ${coding} data, or damaged`);
  }
}

function invalid(detail: string): DecompressedBody {
  return { ok: false, code: 'invalid_compression', detail };
}
