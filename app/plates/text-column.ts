import { TokenHasher } from '../model/hash/token-hasher.js';
import { SPACE, type PlateSymbols, countTokens } from './plate-symbols.js';
import type { Reading } from './reading.js';
import { wordMemory } from './tensor-memory.js';

/** The field of a reading that a text feature is made of. */
export type PlateField = 'aftsRegnoAi' | 'regnoRecognize';

/** A text feature's tensor: the token hashes of one plate per row, padded to a common width. */
export class TextColumn {
  readonly #field: PlateField;
  readonly #hasher: TokenHasher;
  readonly #padLow: number;
  readonly #padHigh: number;
  readonly #memory = wordMemory();
  #words = this.#memory.take(0);
  #width = 1;

  /**
   * @param field the plate.
   * @param seed of the feature's dictionary, unsigned 64 bits.
   * @param padToken a hash that no token of the dictionary has.
   */
  constructor(field: PlateField, seed: bigint, padToken: bigint) {
    this.#field = field;
    this.#hasher = new TokenHasher(seed);
    this.#padLow = Number(BigInt.asUintN(32, padToken));
    this.#padHigh = Number(BigInt.asUintN(32, padToken >> 32n));
  }

  get field(): PlateField {
    return this.#field;
  }

  /** Makes room for the texts of these readings, one row each, as wide as the longest needs. */
  begin(readings: readonly Reading[]): void {
    let width = 1;
    for (const reading of readings) {
      const plate = reading[this.#field];
      // A plate of no more UTF-16 units than that has no more tokens either.
      if (plate.length > width) width = Math.max(width, countTokens(plate));
    }
    this.#width = width;
    this.#words = this.#memory.take(2 * readings.length * width);
  }

  /** @param symbols of the row's plate. */
  write(row: number, symbols: PlateSymbols): void {
    const words = this.#words;
    const { codePoints, length } = symbols;
    const end = 2 * (row + 1) * this.#width;
    let at = 2 * row * this.#width;
    for (let i = 0; i < length; i++) {
      const codePoint = codePoints[i] ?? 0;
      if (codePoint === SPACE) continue;
      this.#hasher.hashSymbol(codePoint, words, at);
      at += 2;
    }
    for (; at < end; at += 2) {
      words[at] = this.#padLow;
      words[at + 1] = this.#padHigh;
    }
  }

  /** The rows written since {@link begin}, good until the next. */
  get tensor(): { readonly width: number; readonly words: Uint32Array } {
    return { width: this.#width, words: this.#words };
  }
}
