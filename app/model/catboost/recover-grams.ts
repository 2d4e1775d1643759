import { ModelError } from '../errors.js';
import type { CbmDictionary } from './cbm-model.js';
import type { LoweringBudget } from './lowering-budget.js';

/**
 * Word ids beyond this are refused. Ids count the words of the training texts, kept or not; the
 * smaller they are, the surer a wrong guess shows.
 */
const WORD_ID_MAX = 2 ** 26;

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
 * @param budget is charged one step per inversion.
 * @returns per entry of `dictionary.grams` the ids of its words; for a dictionary of single words
 *   nothing.
 * @throws ModelError `limit-exceeded` where the work would exceed the budget or an id 2^26;
 *   `damaged-model` where a hash belongs to no combination of the words, or to several.
 */
export function recoverGrams(dictionary: CbmDictionary, budget: LoweringBudget): number[][] {
  const { grams, gramOrder, words } = dictionary;
  if (grams === undefined || grams.hashes.length === 0) return [];
  const prefixLength = 2 * (Math.floor(gramOrder / 2) - 1);
  const prefixes = words.ids.length ** prefixLength;
  const tails = gramOrder % 2 === 1 ? words.ids : undefined;
  chargeWork(dictionary, grams.hashes.length * prefixes * (tails?.length ?? 1), budget);

  const search = new GramSearch(dictionary, grams.seed);
  const targets = search.targets(grams.hashes);
  const found: (number[] | undefined)[] = new Array<undefined>(grams.hashes.length);
  const keep = (i: number, gram: number[]): void => {
    if (found[i] !== undefined) fail(dictionary, 'a gram may be several combinations of words');
    found[i] = gram;
  };
  for (let number = 0; number < prefixes; number++) {
    const prefix = nthCombination(words.ids, prefixLength, number);
    search.startAt(prefix);
    targets.forEach((target, i) => {
      if (tails === undefined) {
        if (search.invert(target, 0)) keep(i, [...prefix, search.low, search.high]);
        return;
      }
      for (const tail of tails) {
        if (search.invert(target, tail)) keep(i, [...prefix, search.low, search.high, tail]);
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
  readonly #ids: ReadonlySet<number>;
  readonly #idMax: number;
  readonly #start: bigint;

  constructor({ gramOrder, words }: CbmDictionary, seed: bigint) {
    this.#odd = gramOrder % 2 === 1;
    this.#ids = new Set(words.ids);
    this.#idMax = words.ids.reduce((a, b) => Math.max(a, b), -1);
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
    if (this.low > this.#idMax || this.high > this.#idMax) return false;
    return this.#ids.has(this.low) && this.#ids.has(this.high);
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

/** The combinations of `length` ids are numbered as numerals of that many digits. */
function nthCombination(ids: Uint32Array, length: number, number: number): number[] {
  const combination: number[] = [];
  for (let i = 0; i < length; i++) {
    combination.push(ids[number % ids.length] ?? 0);
    number = Math.floor(number / ids.length);
  }
  return combination;
}

function chargeWork(dictionary: CbmDictionary, steps: number, budget: LoweringBudget): void {
  const { guid, size, gramOrder, words } = dictionary;
  if (words.ids.some((id) => id >= WORD_ID_MAX)) {
    throw new ModelError(
      'limit-exceeded',
      `dictionary ${guid}: a word has an id of ${WORD_ID_MAX} or more; ` +
        'train with fewer different words',
    );
  }
  budget.takeSteps(
    steps,
    `dictionary ${guid}: ${size} grams of ${gramOrder} out of ${words.ids.length} words`,
  );
}

function fail(dictionary: CbmDictionary, problem: string): never {
  throw new ModelError(
    'damaged-model',
    `damaged model: ${problem} (dictionary ${dictionary.guid}); ` +
      'get the file again from where it was trained',
  );
}
