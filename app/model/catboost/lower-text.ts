import { ModelError } from '../errors.js';
import type { Column, Dictionary, NaiveBayes } from '../ir/ir.js';
import type {
  CbmCalcer,
  CbmDictionary,
  CbmEstimatedFeature,
  CbmModel,
  CbmNaiveBayes,
} from './cbm-model.js';
import type { LoweringBudget } from './lowering-budget.js';
import { recoverGrams } from './recover-grams.js';

/** Dictionaries and naive Bayes calcers of the IR, made when a column first asks for them. */
export class TextLowering {
  readonly dictionaries: Dictionary[] = [];
  readonly naiveBayes: NaiveBayes[] = [];
  readonly #model: CbmModel;
  readonly #budget: LoweringBudget;
  /** By guid: the calcer and the number of the tokenized feature that it works on. */
  readonly #calcers = new Map<string, { calcer: CbmCalcer; tokenized: number }>();
  readonly #grams = new Map<CbmDictionary, GramList>();
  readonly #dictionaryOf = new Map<number, number>();
  readonly #bayesOf = new Map<string, number>();

  constructor(model: CbmModel, budget: LoweringBudget) {
    this.#model = model;
    this.#budget = budget;
    model.text?.tokenizedFeatures.forEach(({ calcers }, tokenized) => {
      for (const place of calcers) {
        const calcer = model.text?.calcers[place];
        if (calcer !== undefined) this.#calcers.set(calcer.guid, { calcer, tokenized });
      }
    });
  }

  /** The column that holds an estimated feature's value. */
  column(feature: CbmEstimatedFeature): Column {
    const entry = this.#calcers.get(feature.calcer);
    const output = entry?.calcer.activeOutputs[feature.localIndex];
    if (entry === undefined || output === undefined) {
      return damaged(`calcer ${feature.calcer} has no output ${feature.localIndex}`);
    }
    const { calcer, tokenized } = entry;
    const { dictionary, list } = this.#dictionary(tokenized);
    if (calcer.kind === 'naive-bayes') {
      return { kind: 'naive-bayes', calcer: this.#bayes(calcer, dictionary, list), output };
    }
    const gram = list.gramOfToken.get(output);
    if (gram === undefined) return damaged(`calcer ${calcer.guid} asks for an unknown token`);
    return { kind: 'token', dictionary, gram };
  }

  #dictionary(tokenized: number): { dictionary: number; list: GramList } {
    const feature = this.#model.text?.tokenizedFeatures[tokenized];
    const source = this.#model.text?.dictionaries[feature?.dictionary ?? -1];
    if (feature === undefined || source === undefined) {
      return damaged(`tokenized feature ${tokenized} has no dictionary`);
    }
    let list = this.#grams.get(source);
    if (list === undefined) {
      list = listGrams(source, this.#budget);
      this.#grams.set(source, list);
    }
    let dictionary = this.#dictionaryOf.get(tokenized);
    if (dictionary === undefined) {
      dictionary = this.dictionaries.length;
      this.dictionaries.push({
        feature: feature.text,
        seed: source.words.seed,
        wordHashes: list.wordHashes,
        gramOrder: source.gramOrder,
        skip: source.skip,
        grams: list.grams,
      });
      this.#dictionaryOf.set(tokenized, dictionary);
    }
    return { dictionary, list };
  }

  #bayes(calcer: CbmNaiveBayes, dictionary: number, list: GramList): number {
    const known = this.#bayesOf.get(calcer.guid);
    if (known !== undefined) return known;
    const place = this.naiveBayes.length;
    this.#budget.takeNumbers(calcer.classes.length * list.tokens.length, 'weights of naive Bayes');
    this.naiveBayes.push(lowerNaiveBayes(calcer, dictionary, list.tokens));
    this.#bayesOf.set(calcer.guid, place);
    return place;
  }
}

interface GramList {
  readonly wordHashes: BigUint64Array;
  readonly grams: readonly (readonly number[])[];
  /** Token id of each gram, ascending. */
  readonly tokens: readonly number[];
  readonly gramOfToken: ReadonlyMap<number, number>;
}

function listGrams(dictionary: CbmDictionary, budget: LoweringBudget): GramList {
  const { words, grams } = dictionary;
  const wordOrder = ascending(words.ids);
  const wordHashes = BigUint64Array.from(wordOrder, (place) => words.hashes[place] ?? 0n);
  const tokenIds = grams?.ids ?? words.ids;
  const tokenOrder = ascending(tokenIds);
  const wordOfId = new Map(wordOrder.map((place, word) => [words.ids[place], word]));
  const recovered = recoverGrams(dictionary, budget);
  const tokens = tokenOrder.map((place) => tokenIds[place] ?? 0);
  return {
    wordHashes,
    grams: tokenOrder.map(
      (place, gram) => recovered[place]?.map((id) => wordOfId.get(id) ?? 0) ?? [gram],
    ),
    tokens,
    gramOfToken: new Map(tokens.map((token, gram) => [token, gram])),
  };
}

/** Places of `ids` in ascending order of what stands there. */
function ascending(ids: Uint32Array): number[] {
  return Array.from(ids, (_, place) => place).sort((a, b) => (ids[a] ?? 0) - (ids[b] ?? 0));
}

function lowerNaiveBayes(
  calcer: CbmNaiveBayes,
  dictionary: number,
  tokens: readonly number[],
): NaiveBayes {
  const { classPrior, tokenPrior, seenTokens, classes } = calcer;
  return {
    dictionary,
    tokenPrior,
    logPrior: Float64Array.from(classes, ({ documents }) => Math.log(documents + classPrior)),
    denominator: Float64Array.from(
      classes,
      (entry) => entry.tokens + tokenPrior * (seenTokens + 1),
    ),
    classes: classes.map(({ counts }) => ({
      logWeight: Float64Array.from(tokens, (token) =>
        Math.log(tokenPrior + (counts.get(token) ?? 0)),
      ),
      seen: Uint8Array.from(tokens, (token) => (counts.has(token) ? 1 : 0)),
    })),
  };
}

function damaged(problem: string): never {
  throw new ModelError(
    'damaged-model',
    `damaged model: ${problem} (section "text"); get the file again from where it was trained`,
  );
}
