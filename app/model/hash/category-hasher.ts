import { cityHash64 } from './city-hash-64.js';

/**
 * Hashes of categories as a model's graph takes them: the low 32 bits of {@link cityHash64} over
 * UTF-8, signed. Categories come from small sets, so they are remembered; an instance remembers at
 * most `entriesMax` short texts and forgets them all when it is full, so that made-up categories
 * cost time but no memory.
 */
export class CategoryHasher {
  readonly #entriesMax: number;
  readonly #memo = new Map<string, number>();
  readonly #encoder = new TextEncoder();

  constructor(entriesMax = 4096) {
    this.#entriesMax = entriesMax;
  }

  /** @param text without unpaired surrogates: those would count as U+FFFD. */
  hash(text: string): number {
    return this.#memo.get(text) ?? this.#remember(text);
  }

  #remember(text: string): number {
    const hash = Number(BigInt.asIntN(32, cityHash64(this.#encoder.encode(text))));
    if (text.length > UNITS_REMEMBERED_MAX) return hash;
    if (this.#memo.size >= this.#entriesMax) this.#memo.clear();
    this.#memo.set(text, hash);
    return hash;
  }
}

/** Longer texts are no names of categories and would only fill the memory. */
const UNITS_REMEMBERED_MAX = 256;
