import { murmurHash64A } from '../hash/murmur-hash-64a.js';
import type { Dictionary, Ir, NaiveBayes } from '../ir/ir.js';

/** What a model's dictionaries and naive Bayes calcers make of a row's texts. */
export interface TextValues {
  /** Per dictionary: how often each gram occurs, grams that do not occur left out. */
  readonly counts: readonly ReadonlyMap<number, number>[];
  /** Per calcer: an f32 probability per class. */
  readonly probabilities: readonly (readonly number[])[];
}

/** Evaluates text columns: everything between a text and a number. */
export class TextLookup {
  readonly #dictionaries: readonly DictionaryLookup[];
  readonly #calcers: readonly NaiveBayes[];

  constructor(ir: Ir) {
    this.#dictionaries = ir.dictionaries.map((dictionary) => new DictionaryLookup(dictionary));
    this.#calcers = ir.naiveBayes;
  }

  /** @param texts by index among the text features. */
  evaluate(texts: readonly string[]): TextValues {
    const counts = this.#dictionaries.map((dictionary) =>
      dictionary.count(texts[dictionary.feature] ?? ''),
    );
    return {
      counts,
      probabilities: this.#calcers.map((calcer) =>
        naiveBayes(calcer, counts[calcer.dictionary] ?? new Map<number, number>()),
      ),
    };
  }
}

class DictionaryLookup {
  readonly feature: number;
  readonly #dictionary: Dictionary;
  readonly #words: ReadonlyMap<bigint, number>;
  /** By the gram's word ids, joined. */
  readonly #grams: ReadonlyMap<string, number>;

  constructor(dictionary: Dictionary) {
    this.feature = dictionary.feature;
    this.#dictionary = dictionary;
    this.#words = new Map(Array.from(dictionary.wordHashes, (hash, id) => [hash, id]));
    this.#grams = new Map(dictionary.grams.map((words, gram) => [words.join(' '), gram]));
  }

  /**
   * Counts grams, in ascending order. A gram of which one word is unknown is unknown; its
   * neighbours do not close ranks.
   */
  count(text: string): Map<number, number> {
    const { seed, gramOrder, skip } = this.#dictionary;
    const tokens = text.split(' ').filter((token) => token !== '');
    const words = tokens.map((token) =>
      this.#words.get(murmurHash64A(new TextEncoder().encode(token), seed)),
    );
    const span = (gramOrder - 1) * (skip + 1) + 1;
    const counts = new Map<number, number>();
    for (let start = 0; start + span <= words.length; start++) {
      const own = words.slice(start, start + span).filter((_, i) => i % (skip + 1) === 0);
      const gram = own.includes(undefined) ? undefined : this.#grams.get(own.join(' '));
      if (gram !== undefined) counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
    return new Map([...counts].sort(([a], [b]) => a - b));
  }
}

/** All in f64, in ascending order of grams; the probabilities are rounded to f32 at the end. */
function naiveBayes(calcer: NaiveBayes, counts: ReadonlyMap<number, number>): number[] {
  const logits = calcer.classes.map(({ logWeight, seen }, c) => {
    let value = calcer.logPrior[c] ?? NaN;
    let denominator = calcer.denominator[c] ?? NaN;
    let length = 0;
    for (const [gram, count] of counts) {
      length += count;
      if (seen[gram] !== 1) denominator += calcer.tokenPrior;
      value += count * (logWeight[gram] ?? NaN);
    }
    return value - length * Math.log(denominator);
  });
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => Math.fround(power / sum));
}
