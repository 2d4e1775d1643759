import { ModelError } from '../errors.js';
import type { CbmDictionary } from './cbm-model.js';

/** Inversions of a hash that one dictionary may cost, about a second of work. */
const CANDIDATES_MAX = 2 ** 26;

const BYTES_PER_WORD = 4;
/** MurmurHash64A's multiplier and its inverse mod 2^64, as (high, low) words. */
const M_HIGH = 0xc6a4a793;
const M_LOW = 0x5bd1e995;
const INVERSE = inverseOfOdd((BigInt(M_HIGH) << 32n) | BigInt(M_LOW));
const INVERSE_HIGH = Number(INVERSE >> 32n);
const INVERSE_LOW = Number(INVERSE & 0xffffffffn);

/**
 * Finds out of which words each gram of a dictionary is made. The file keeps only the
 * MurmurHash64A of the gram's word ids (i32 each), but that hash is a bijection of its last full
 * 8-byte block: the last two words of an even gram order follow from the hash and the words before
 * them; for an odd order every possible last word is tried. With order 2 one inversion per gram is
 * enough, each further word multiplies the work by the number of words.
 *
 * @returns per entry of `dictionary.grams` the ids of its words; a model without grams has none.
 * @throws ModelError `limit-exceeded` where the work would exceed {@link CANDIDATES_MAX} inversions;
 *   `damaged-model` where a hash belongs to no combination of the words, or to several, or the
 *   words' ids are not 0 to their number - 1.
 */
export function recoverGrams(dictionary: CbmDictionary): number[][] {
  const { grams, gramOrder, words } = dictionary;
  if (grams === undefined || grams.hashes.length === 0) return [];
  const wordCount = words.ids.length;
  if (words.ids.some((id) => id >= wordCount)) fail(dictionary, 'word ids are not consecutive');
  const prefixLength = 2 * (Math.floor(gramOrder / 2) - 1);
  const tails = gramOrder % 2 === 1 ? wordCount : 1;
  const prefixes = wordCount ** prefixLength;
  checkWork(dictionary, grams.hashes.length * tails * prefixes);

  const search = new GramSearch(dictionary.gramOrder, wordCount, grams.seed);
  const targets = search.targets(grams.hashes);
  const found: (number[] | undefined)[] = new Array<undefined>(grams.hashes.length);
  for (let prefix = 0; prefix < prefixes; prefix++) {
    const prefixWords = digits(prefix, wordCount, prefixLength);
    search.startAt(prefixWords);
    targets.forEach((target, i) => {
      for (let tail = 0; tail < tails; tail++) {
        if (!search.invert(target, tail)) continue;
        if (found[i] !== undefined) fail(dictionary, 'a gram may be several combinations of words');
        const lastWords = tails > 1 || gramOrder % 2 === 1 ? [tail] : [];
        found[i] = [...prefixWords, search.low, search.high, ...lastWords];
      }
    });
  }
  return found.map((gram) => gram ?? fail(dictionary, 'a gram is no combination of known words'));
}

interface Target {
  readonly high: number;
  readonly low: number;
}

/** A 64-bit register and the steps of MurmurHash64A on it, forwards and backwards. */
class GramSearch {
  high = 0;
  low = 0;
  #stateHigh = 0;
  #stateLow = 0;
  readonly #odd: boolean;
  readonly #wordCount: number;
  readonly #start: bigint;

  constructor(gramOrder: number, wordCount: number, seed: bigint) {
    this.#odd = gramOrder % 2 === 1;
    this.#wordCount = wordCount;
    const multiplier = (BigInt(M_HIGH) << 32n) | BigInt(M_LOW);
    this.#start = BigInt.asUintN(64, seed ^ (BigInt(gramOrder * BYTES_PER_WORD) * multiplier));
  }

  /** Undoes the hash's last steps, up to the last word of an odd gram order. */
  targets(hashes: BigUint64Array): Target[] {
    return Array.from(hashes, (hash) => {
      this.#set(Number(hash >> 32n), Number(hash & 0xffffffffn));
      this.#shiftMix();
      this.#multiply(INVERSE_HIGH, INVERSE_LOW);
      this.#shiftMix();
      if (this.#odd) this.#multiply(INVERSE_HIGH, INVERSE_LOW);
      return { high: this.high, low: this.low };
    });
  }

  /** Hashes the words before the block that is to be found. */
  startAt(prefix: readonly number[]): void {
    this.#stateHigh = Number(this.#start >> 32n);
    this.#stateLow = Number(this.#start & 0xffffffffn);
    for (let i = 0; i < prefix.length; i += 2) {
      this.#set(prefix[i + 1] ?? 0, prefix[i] ?? 0);
      this.#multiply(M_HIGH, M_LOW);
      this.#shiftMix();
      this.#multiply(M_HIGH, M_LOW);
      this.#set(this.high ^ this.#stateHigh, this.low ^ this.#stateLow);
      this.#multiply(M_HIGH, M_LOW);
      this.#stateHigh = this.high;
      this.#stateLow = this.low;
    }
  }

  /** Leaves the block in `low` and `high`; true if both are ids of words. */
  invert(target: Target, tail: number): boolean {
    this.#set(target.high, target.low ^ tail);
    this.#multiply(INVERSE_HIGH, INVERSE_LOW);
    this.#set(this.high ^ this.#stateHigh, this.low ^ this.#stateLow);
    this.#multiply(INVERSE_HIGH, INVERSE_LOW);
    this.#shiftMix();
    this.#multiply(INVERSE_HIGH, INVERSE_LOW);
    return this.low < this.#wordCount && this.high < this.#wordCount;
  }

  #set(high: number, low: number): void {
    this.high = high >>> 0;
    this.low = low >>> 0;
  }

  #multiply(high: number, low: number): void {
    const upper =
      multiplyHigh(this.low, low) + Math.imul(this.high, low) + Math.imul(this.low, high);
    this.#set(upper, Math.imul(this.low, low));
  }

  /** x ^= x >> 47, which is its own inverse. */
  #shiftMix(): void {
    this.low = (this.low ^ (this.high >>> 15)) >>> 0;
  }
}

/** The upper 32 bits of the 64-bit product of two u32. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowHigh = aLow * bHigh;
  const highLow = aHigh * bLow;
  const middle = ((aLow * bLow) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
  return aHigh * bHigh + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16);
}

/** Newton's iteration doubles the number of right bits: 3, 6, 12, 24, 48, 96. */
function inverseOfOdd(value: bigint): bigint {
  let inverse = value;
  for (let step = 0; step < 5; step++) {
    inverse = BigInt.asUintN(64, inverse * (2n - value * inverse));
  }
  return inverse;
}

function digits(value: number, base: number, length: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < length; i++) {
    result.push(value % base);
    value = Math.floor(value / base);
  }
  return result;
}

function checkWork(dictionary: CbmDictionary, candidates: number): void {
  if (candidates <= CANDIDATES_MAX) return;
  throw new ModelError(
    'limit-exceeded',
    `dictionary ${dictionary.guid}: ${dictionary.size} grams of ${dictionary.gramOrder} out of ` +
      `${dictionary.words.ids.length} words take ${candidates} steps to recover, at most ` +
      `${CANDIDATES_MAX} are accepted; train with a smaller dictionary or gram_order`,
  );
}

function fail(dictionary: CbmDictionary, problem: string): never {
  throw new ModelError(
    'damaged-model',
    `damaged model: ${problem} (dictionary ${dictionary.guid}); ` +
      'get the file again from where it was trained',
  );
}
