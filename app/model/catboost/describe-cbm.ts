import { listBinaryFeatures } from './binary-features.js';
import type {
  CbmCtrBase,
  CbmCtrFeature,
  CbmModel,
  CbmTextProcessing,
  CbmTrees,
  CtrType,
} from './cbm-model.js';
import { readOutcome } from './loss-link.js';
import type { Outcome } from './loss-link.js';
import { readCbm } from './read-cbm.js';
import { ctrBaseKey } from './read-ctr-tables.js';

/** What a CatBoost model holds, for people. */
export interface CbmDescription extends Omit<Outcome, 'columns' | 'width'> {
  /** When the training ended (ISO 8601), '' where the file does not say. */
  readonly trainedAt: string;
  readonly scale: number;
  readonly bias: readonly number[];
  readonly trees: {
    readonly count: number;
    readonly depthMax: number;
    readonly leaves: number;
    readonly splits: number;
  };
  /** In the order of the model's author. */
  readonly features: readonly DescribedFeature[];
  readonly ctrs: readonly DescribedCtr[];
  readonly dictionaries: readonly DescribedDictionary[];
}

export interface DescribedFeature {
  readonly name: string;
  readonly kind: 'float' | 'categorical' | 'text';
  /** Borders of a float feature, one-hot values of a categorical one; 0 for a text. */
  readonly borders: number;
  /** Splits of trees that depend on it, also through CTRs and text calcers. */
  readonly splits: number;
  /** What a NaN counts as; only for float features. */
  readonly missing?: 'least' | 'greatest' | 'not seen in training';
}

export interface DescribedCtr {
  readonly type: CtrType;
  /** Names of the combined categorical features. */
  readonly categories: readonly string[];
  /** Conditions on other features inside the combination. */
  readonly conditions: number;
  readonly prior: number;
  readonly targetBorder: number;
  /** Known combinations. */
  readonly rows: number;
  readonly borders: number;
  readonly splits: number;
}

export interface DescribedDictionary {
  /** Name of the text feature. */
  readonly text: string;
  readonly tokens: number;
  readonly gramOrder: number;
  readonly skip: number;
  readonly calcers: readonly ('bag-of-words' | 'naive-bayes')[];
}

/**
 * Reads a `.cbm` and says what is in it.
 *
 * @throws ModelError as `readCbm` does.
 */
export function describeCbm(bytes: Uint8Array): CbmDescription {
  const model = readCbm(bytes);
  const { trees } = model;
  const usage = countSplits(trees);
  const { columns: _, width: __, ...outcome } = readOutcome(model.info, trees.dimension);
  return {
    trainedAt: model.info.get('train_finish_time') ?? '',
    ...outcome,
    scale: trees.scale,
    bias: trees.bias,
    trees: {
      count: trees.depths.length,
      depthMax: trees.depths.reduce((a, b) => Math.max(a, b), 0),
      leaves: trees.leaves.length / trees.dimension,
      splits: trees.splits.filter((split) => split >= 0).length,
    },
    features: describeFeatures(trees, usage),
    ctrs: describeCtrs(model, usage.ctr),
    dictionaries: model.text === undefined ? [] : describeDictionaries(trees, model.text),
  };
}

/** Splits of trees by the position of what they ask, per kind of binary feature. */
type SplitCounts = Readonly<Record<'float' | 'estimated' | 'one-hot' | 'ctr', readonly number[]>>;

function countSplits(trees: CbmTrees): SplitCounts {
  const { blocks, blockOfSplit } = listBinaryFeatures(trees);
  const zeros = (list: readonly unknown[]): number[] => list.map(() => 0);
  const counts = {
    float: zeros(trees.floatFeatures),
    estimated: zeros(trees.estimatedFeatures),
    'one-hot': zeros(trees.oneHotFeatures),
    ctr: zeros(trees.ctrFeatures),
  };
  for (const split of trees.splits) {
    const block = blocks[blockOfSplit[split] ?? -1];
    if (block === undefined) continue;
    const own = counts[block.kind];
    own[block.position] = (own[block.position] ?? 0) + 1;
  }
  return counts;
}

function describeFeatures(trees: CbmTrees, usage: SplitCounts): DescribedFeature[] {
  const named = (feature: { name: string; flatIndex: number }): string =>
    feature.name === '' ? String(feature.flatIndex) : feature.name;
  const floats = trees.floatFeatures.map((feature, i) => ({
    flatIndex: feature.flatIndex,
    name: named(feature),
    kind: 'float' as const,
    borders: feature.borders.length,
    splits:
      (usage.float[i] ?? 0) + sumWhere(trees.ctrFeatures, usage.ctr, usesFloat(feature.index)),
    missing: missingRule(feature),
  }));
  const categories = trees.categoricalFeatures.map((feature) => ({
    flatIndex: feature.flatIndex,
    name: named(feature),
    kind: 'categorical' as const,
    borders: trees.oneHotFeatures
      .filter(({ categorical }) => categorical === feature.index)
      .reduce((sum, { values }) => sum + values.length, 0),
    splits:
      sumWhere(trees.oneHotFeatures, usage['one-hot'], (o) => o.categorical === feature.index) +
      sumWhere(trees.ctrFeatures, usage.ctr, usesCategory(feature.index)),
  }));
  const texts = trees.textFeatures.map((feature) => ({
    flatIndex: feature.flatIndex,
    name: named(feature),
    kind: 'text' as const,
    borders: 0,
    splits: sumWhere(trees.estimatedFeatures, usage.estimated, (e) => e.text === feature.index),
  }));
  return [...floats, ...categories, ...texts]
    .sort((a, b) => a.flatIndex - b.flatIndex)
    .map(({ flatIndex: _, ...feature }) => feature);
}

function missingRule({
  hasNans,
  nanTreatment,
}: CbmTrees['floatFeatures'][number]): 'least' | 'greatest' | 'not seen in training' {
  if (!hasNans || nanTreatment === 'as-is') return 'not seen in training';
  return nanTreatment === 'as-true' ? 'greatest' : 'least';
}

function usesFloat(index: number): (ctr: CbmCtrFeature) => boolean {
  return ({ base }) => base.floatSplits.some((split) => split.index === index);
}

function usesCategory(index: number): (ctr: CbmCtrFeature) => boolean {
  return ({ base }) =>
    base.categories.includes(index) || base.oneHotSplits.some((split) => split.index === index);
}

function sumWhere<T>(
  list: readonly T[],
  counts: readonly number[],
  matches: (item: T) => boolean,
): number {
  return list.reduce((sum, item, i) => sum + (matches(item) ? (counts[i] ?? 0) : 0), 0);
}

function describeCtrs(model: CbmModel, splits: readonly number[]): DescribedCtr[] {
  const { trees } = model;
  const rows = new Map(model.ctrTables.map((table) => [ctrBaseKey(table.base), table.rows.length]));
  return trees.ctrFeatures.map((ctr, i) => ({
    type: ctr.base.type,
    categories: categoryNames(trees, ctr.base),
    conditions: ctr.base.floatSplits.length + ctr.base.oneHotSplits.length,
    prior: ctr.priorNum / ctr.priorDenom,
    targetBorder: ctr.targetBorder,
    rows: rows.get(ctrBaseKey(ctr.base)) ?? 0,
    borders: ctr.borders.length,
    splits: splits[i] ?? 0,
  }));
}

function categoryNames(trees: CbmTrees, base: CbmCtrBase): string[] {
  return base.categories.map((index) => {
    const feature = trees.categoricalFeatures.find((candidate) => candidate.index === index);
    if (feature === undefined) return String(index);
    return feature.name === '' ? String(feature.flatIndex) : feature.name;
  });
}

function describeDictionaries(trees: CbmTrees, text: CbmTextProcessing): DescribedDictionary[] {
  return text.tokenizedFeatures.flatMap((tokenized) => {
    const dictionary = text.dictionaries[tokenized.dictionary];
    if (dictionary === undefined) return [];
    const feature = trees.textFeatures.find(({ index }) => index === tokenized.text);
    return {
      text: feature?.name === '' ? String(feature.flatIndex) : (feature?.name ?? '?'),
      tokens: dictionary.size,
      gramOrder: dictionary.gramOrder,
      skip: dictionary.skip,
      calcers: tokenized.calcers.flatMap((calcer) => text.calcers[calcer]?.kind ?? []),
    };
  });
}
