/**
 * MurmurHash64A of tokens with one seed, without BigInt: hashes are written as two 32-bit words,
 * low first, the way an i64 tensor lies in memory. Hashes of single symbols up to U+04FF (Latin,
 * Greek, Cyrillic: nearly every token of a plate) are worked out once per instance.
 *
 * Equal to `murmurHash64A` of murmur-hash-64a.ts over the token's UTF-8 bytes.
 */
export class TokenHasher {
  readonly #seedLow: number;
  readonly #seedHigh: number;
  readonly #table = new Uint32Array(2 * TABLE_SYMBOLS);
  readonly #encoder = new TextEncoder();

  /** @param seed unsigned 64 bits. */
  constructor(seed: bigint) {
    this.#seedLow = Number(BigInt.asUintN(32, seed));
    this.#seedHigh = Number(BigInt.asUintN(32, seed >> 32n));
    for (let codePoint = 0; codePoint < TABLE_SYMBOLS; codePoint++) {
      this.#hashBytes(utf8Word(codePoint), utf8Length(codePoint), this.#table, 2 * codePoint);
    }
  }

  /**
   * Writes the hash of one symbol to `out[at]` (low word) and `out[at + 1]` (high word).
   *
   * @param codePoint a Unicode scalar value, so no surrogate.
   */
  hashSymbol(codePoint: number, out: Uint32Array, at: number): void {
    if (codePoint < TABLE_SYMBOLS) {
      out[at] = this.#table[2 * codePoint] ?? 0;
      out[at + 1] = this.#table[2 * codePoint + 1] ?? 0;
    } else {
      this.#hashBytes(utf8Word(codePoint), utf8Length(codePoint), out, at);
    }
  }

  /**
   * Writes the hash of a token of any length to `out[at]` (low word) and `out[at + 1]` (high word).
   *
   * @param token without unpaired surrogates: those would count as U+FFFD.
   */
  hashToken(token: string, out: Uint32Array, at: number): void {
    const first = token.charCodeAt(0);
    if (token.length === 1 && first < TABLE_SYMBOLS) this.hashSymbol(first, out, at);
    else this.#hashLong(this.#encoder.encode(token), out, at);
  }

  /** Up to four bytes, given as one little-endian word: a tail and no full block. */
  #hashBytes(word: number, length: number, out: Uint32Array, at: number): void {
    this.#start(length, out, at);
    if (length > 0) {
      out[at] = (out[at] ?? 0) ^ word;
      multiplyByM(out, at);
    }
    finish(out, at);
  }

  #hashLong(bytes: Uint8Array, out: Uint32Array, at: number): void {
    this.#start(bytes.length, out, at);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const tailStart = bytes.length - (bytes.length % 8);
    const block = new Uint32Array(2);
    for (let i = 0; i < tailStart; i += 8) {
      block[0] = view.getUint32(i, true);
      block[1] = view.getUint32(i + 4, true);
      multiplyByM(block, 0);
      shiftMix(block, 0);
      multiplyByM(block, 0);
      out[at] = (out[at] ?? 0) ^ block[0];
      out[at + 1] = (out[at + 1] ?? 0) ^ block[1];
      multiplyByM(out, at);
    }
    if (tailStart < bytes.length) {
      for (let i = tailStart; i < bytes.length; i++) {
        const word = at + ((i - tailStart) >> 2);
        out[word] = (out[word] ?? 0) ^ ((bytes[i] ?? 0) << (8 * (i % 4)));
      }
      multiplyByM(out, at);
    }
    finish(out, at);
  }

  /** seed ^ length * M */
  #start(length: number, out: Uint32Array, at: number): void {
    out[at] = length;
    out[at + 1] = 0;
    multiplyByM(out, at);
    out[at] = (out[at] ?? 0) ^ this.#seedLow;
    out[at + 1] = (out[at + 1] ?? 0) ^ this.#seedHigh;
  }
}

const TABLE_SYMBOLS = 0x500;

const M_LOW = 0x5bd1e995;
const M_HIGH = 0xc6a4a793;

/** Multiplies the 64-bit number at `words[at]` by M, mod 2^64. */
function multiplyByM(words: Uint32Array, at: number): void {
  const low = words[at] ?? 0;
  const high = words[at + 1] ?? 0;
  // The upper half of low * M_LOW, from products of 16-bit halves.
  const low0 = low & 0xffff;
  const low1 = low >>> 16;
  const cross0 = low0 * (M_LOW >>> 16);
  const cross1 = low1 * (M_LOW & 0xffff);
  const middle = ((low0 * (M_LOW & 0xffff)) >>> 16) + (cross0 & 0xffff) + (cross1 & 0xffff);
  const carried = low1 * (M_LOW >>> 16) + (cross0 >>> 16) + (cross1 >>> 16) + (middle >>> 16);
  words[at] = Math.imul(low, M_LOW);
  words[at + 1] = carried + Math.imul(low, M_HIGH) + Math.imul(high, M_LOW);
}

/** x ^= x >> 47 */
function shiftMix(words: Uint32Array, at: number): void {
  words[at] = (words[at] ?? 0) ^ ((words[at + 1] ?? 0) >>> 15);
}

function finish(words: Uint32Array, at: number): void {
  shiftMix(words, at);
  multiplyByM(words, at);
  shiftMix(words, at);
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** The UTF-8 bytes of a code point as one little-endian word. */
function utf8Word(codePoint: number): number {
  const last = 0x80 | (codePoint & 0x3f);
  const third = 0x80 | ((codePoint >> 6) & 0x3f);
  const second = 0x80 | ((codePoint >> 12) & 0x3f);
  switch (utf8Length(codePoint)) {
    case 1:
      return codePoint;
    case 2:
      return 0xc0 | (codePoint >> 6) | (last << 8);
    case 3:
      return 0xe0 | (codePoint >> 12) | (third << 8) | (last << 16);
    default:
      return 0xf0 | (codePoint >> 18) | (second << 8) | (third << 16) | (last << 24);
  }
}
