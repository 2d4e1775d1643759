import { ModelError } from '../errors.js';
import type { Dictionary, Ir } from '../ir/ir.js';
import { sameBound } from './column-block.js';
import type { Block, Place } from './column-block.js';
import type { GraphBuilder } from './graph-builder.js';

/** How often each gram of the model occurs in the texts, one column per gram. */
export interface TokenCounts {
  readonly block: Block;
  /** Column of a dictionary's gram within the block. */
  columnOf(dictionary: number, gram: number): number;
}

/** Grams of one text that one operator can count: equal skip, words by their hashes. */
interface CountGroup {
  readonly feature: number;
  readonly skip: number;
  /** Grams as sequences of token hashes, by length, in order of first use. */
  readonly grams: Map<string, readonly bigint[]>;
}

/**
 * One TfIdfVectorizer (mode TF) per text counts all grams of adjacent words of all its dictionaries.
 * Grams that skip words need a second look, see {@link emitGroup}.
 */
export function emitTokenCounts(
  ir: Ir,
  graph: GraphBuilder,
  inputOf: (textFeature: number) => string,
): TokenCounts | undefined {
  const groups = new Map<string, CountGroup>();
  const keys = ir.dictionaries.map((dictionary) => addDictionary(groups, dictionary));

  const tensors: string[] = [];
  const columns = new Map<string, Map<string, number>>();
  let width = 0;
  for (const [groupKey, group] of groups) {
    const order = [...group.grams].sort(([, a], [, b]) => a.length - b.length);
    tensors.push(
      emitGroup(
        graph,
        inputOf(group.feature),
        group.skip,
        order.map(([, gram]) => gram),
      ),
    );
    columns.set(groupKey, new Map(order.map(([gramKey], index) => [gramKey, width + index])));
    width += order.length;
  }
  if (width === 0) return undefined;

  return {
    block: { tensors, type: 'f32', width },
    columnOf: (dictionary, gram) => {
      const key = keys[dictionary];
      const column = key && columns.get(key.group)?.get(key.grams[gram] ?? '');
      if (column === undefined) {
        throw new ModelError(
          'unsupported-model',
          `Gram ${gram} of dictionary ${dictionary} does not exist; the model refers to it`,
        );
      }
      return column;
    },
  };
}

/** Places of the IR's token columns: counts are compared as they are. */
export function placeTokens(ir: Ir, counts: TokenCounts): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>();
  ir.columns.forEach((column, index) => {
    if (column.kind !== 'token') return;
    const offset = counts.columnOf(column.dictionary, column.gram);
    places.set(index, { block: counts.block, offset, bound: sameBound });
  });
  return places;
}

function addDictionary(
  groups: Map<string, CountGroup>,
  dictionary: Dictionary,
): { readonly group: string; readonly grams: readonly string[] } {
  // A single word has no neighbour to skip.
  const skip = dictionary.gramOrder === 1 ? 0 : dictionary.skip;
  const key = `${dictionary.feature}/${skip}`;
  const group = groups.get(key) ?? { feature: dictionary.feature, skip, grams: new Map() };
  const grams = dictionary.grams.map((gram) => {
    const hashes = gram.map((word) => BigInt.asIntN(64, dictionary.wordHashes[word] ?? 0n));
    const gramKey = hashes.join(' ');
    group.grams.set(gramKey, hashes);
    return gramKey;
  });
  if (group.grams.size > 0) groups.set(key, group);
  return { group: key, grams };
}

/**
 * The operator counts grams of ALL skips up to its maximum, single words once. Grams of exactly
 * `skip` are therefore the difference between two of them; counts are small whole numbers, so the
 * difference is exact.
 */
function emitGroup(
  graph: GraphBuilder,
  input: string,
  skip: number,
  grams: readonly (readonly bigint[])[],
): string {
  const upTo = (maxSkip: number): string =>
    graph.node('TfIdfVectorizer', [input], { attributes: countAttributes(grams, maxSkip) });
  return skip === 0 ? upTo(0) : graph.node('Sub', [upTo(skip), upTo(skip - 1)]);
}

function countAttributes(
  grams: readonly (readonly bigint[])[],
  maxSkip: number,
): Record<string, bigint | readonly bigint[] | string> {
  const lengths = grams.map((gram) => gram.length);
  const longest = lengths[lengths.length - 1] ?? 1;
  const pool: bigint[] = [];
  const starts: bigint[] = [];
  for (const gram of grams) {
    while (starts.length < gram.length) starts.push(BigInt(pool.length));
    pool.push(...gram);
  }
  return {
    mode: 'TF',
    min_gram_length: BigInt(lengths[0] ?? 1),
    max_gram_length: BigInt(longest),
    max_skip_count: BigInt(maxSkip),
    ngram_counts: starts,
    ngram_indexes: grams.map((_, index) => BigInt(index)),
    pool_int64s: pool,
  };
}
