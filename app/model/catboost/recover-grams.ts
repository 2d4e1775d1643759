import { ModelError } from '../errors.js';
import type { CbmDictionary } from './cbm-model.js';
import type { LoweringBudget } from './lowering-budget.js';

/**
 * Word ids beyond this are refused. Ids count the words of the training texts, kept or not; the
 * smaller they are, the surer a wrong guess shows.
 */
const WORD_ID_MAX = 2 ** 26;

const BYTES_PER_WORD = 4;
const M = 0xc6a4a7935bd1e995n;
/** The inverse of M mod 2^64. */
const M_INVERSE = inverseOfOdd(M);
const INVERSE_HIGH = Number(M_INVERSE >> 32n) | 0;
const INVERSE_LOW = Number(M_INVERSE & 0xffffffffn) | 0;
const INVERSE_LOW_TOP = INVERSE_LOW >>> 16;
const INVERSE_LOW_END = INVERSE_LOW & 0xffff;

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
  // An even order has no last word of its own; a 0 changes nothing.
  const tails = gramOrder % 2 === 1 ? words.ids : Uint32Array.of(0);
  chargeWork(dictionary, grams.hashes.length * prefixes * tails.length, budget);

  const search = new GramSearch(dictionary, grams.seed);
  const targets = search.targets(grams.hashes);
  const found = new Map<number, number[]>();
  for (let number = 0; number < prefixes; number++) {
    const prefix = nthCombination(words.ids, prefixLength, number);
    search.startAt(prefix);
    targets.forEach((target, i) => {
      const high = Number(target >> 32n);
      const low = Number(target & 0xffffffffn);
      for (const tail of tails) {
        const block = search.invert(high, low, tail);
        if (block === undefined) continue;
        if (found.has(i)) fail(dictionary, 'a gram may be several combinations of words');
        found.set(i, [...prefix, ...block, tail].slice(0, gramOrder));
      }
    });
  }
  return targets.map(
    (_, i) => found.get(i) ?? fail(dictionary, 'a gram is no combination of known words'),
  );
}

/** Where 64-bit results are left, as (high, low) words. */
const register = new Uint32Array(2);

/** MurmurHash64A of word ids, undone step by step. */
class GramSearch {
  readonly #odd: boolean;
  readonly #ids: ReadonlySet<number>;
  readonly #idMax: number;
  readonly #start: bigint;
  #stateHigh = 0;
  #stateLow = 0;

  constructor({ gramOrder, words }: CbmDictionary, seed: bigint) {
    this.#odd = gramOrder % 2 === 1;
    this.#ids = new Set(words.ids);
    this.#idMax = words.ids.reduce((a, b) => Math.max(a, b), -1);
    this.#start = BigInt.asUintN(64, seed ^ (BigInt(gramOrder * BYTES_PER_WORD) * M));
  }

  /** Undoes the hash's last steps, up to the last word of an odd gram order. */
  targets(hashes: BigUint64Array): bigint[] {
    return Array.from(hashes, (hash) => {
      const end = shiftMix(u64(shiftMix(hash) * M_INVERSE));
      return this.#odd ? u64(end * M_INVERSE) : end;
    });
  }

  /** Hashes the words before the block that is to be found. */
  startAt(prefix: readonly number[]): void {
    let state = this.#start;
    for (let i = 0; i < prefix.length; i += 2) {
      const block = (BigInt(prefix[i + 1] ?? 0) << 32n) | BigInt(prefix[i] ?? 0);
      state = u64((state ^ u64(shiftMix(u64(block * M)) * M)) * M);
    }
    this.#stateHigh = Number(state >> 32n);
    this.#stateLow = Number(state & 0xffffffffn);
  }

  /** The words of the block before `tail`, undefined where they are no words. */
  invert(targetHigh: number, targetLow: number, tail: number): [number, number] | undefined {
    invertBlock(targetHigh, targetLow ^ tail, this.#stateHigh, this.#stateLow);
    const first = register[1] ?? 0;
    const second = register[0] ?? 0;
    if (first > this.#idMax || second > this.#idMax) return undefined;
    return this.#ids.has(first) && this.#ids.has(second) ? [first, second] : undefined;
  }
}

/**
 * Leaves the 8-byte block that led from state to target in the register. Written out in 32-bit
 * integers, since millions of these decide how long a dictionary takes.
 */
function invertBlock(
  targetHigh: number,
  targetLow: number,
  stateHigh: number,
  stateLow: number,
): void {
  let high = inverseHigh(targetHigh, targetLow) ^ stateHigh;
  let low = Math.imul(targetLow, INVERSE_LOW) ^ stateLow;
  high = inverseHigh(high, low) | 0;
  low = Math.imul(low, INVERSE_LOW) ^ (high >>> 15);
  register[0] = inverseHigh(high, low);
  register[1] = Math.imul(low, INVERSE_LOW);
}

/** The upper half of (high, low) times the inverse; the lower half is a plain product. */
function inverseHigh(high: number, low: number): number {
  const aLow = low & 0xffff;
  const aHigh = low >>> 16;
  const lowHigh = Math.imul(aLow, INVERSE_LOW_TOP);
  const highLow = Math.imul(aHigh, INVERSE_LOW_END);
  const middle =
    (Math.imul(aLow, INVERSE_LOW_END) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
  const carried = (Math.imul(aHigh, INVERSE_LOW_TOP) + (lowHigh >>> 16)) | 0;
  const more = ((highLow >>> 16) + (middle >>> 16)) | 0;
  const cross = (Math.imul(high, INVERSE_LOW) + Math.imul(low, INVERSE_HIGH)) | 0;
  return (((carried + more) | 0) + cross) | 0;
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** Its own inverse. */
function shiftMix(value: bigint): bigint {
  return value ^ (value >> 47n);
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
