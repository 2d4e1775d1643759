import type { CbmCtrBase, CbmModel, CbmNamedFeature } from './cbm-model.js';
import type { FlatBufferTable } from './flat-buffer-table.js';

/**
 * Numbers the features of each kind 0, 1, 2 ... in file order, wherever they are referred to. Files
 * may have gaps: CatBoost 0.x and `drop_unused_features()` leave features out and keep the numbers of
 * the rest. CTR tables and tokenized texts that only features left out would ask are left out too.
 *
 * @param table the TModelTrees, for the place of errors.
 * @throws ModelError `damaged-model` where a number occurs twice or names no feature.
 */
export function compactFeatures(model: CbmModel, table: FlatBufferTable): CbmModel {
  const { trees, ctrTables, text } = model;
  const floats = new Numbering('float', trees.floatFeatures, table);
  const categories = new Numbering('categorical', trees.categoricalFeatures, table);
  const texts = new Numbering('text', trees.textFeatures, table);
  if (!floats.hasGaps && !categories.hasGaps && !texts.hasGaps) return model;

  const compactBase = (base: CbmCtrBase): CbmCtrBase => ({
    ...base,
    categories: base.categories.map((index) => categories.now(index)),
    floatSplits: base.floatSplits.map((split) => ({ ...split, index: floats.now(split.index) })),
    oneHotSplits: base.oneHotSplits.map((split) => ({
      ...split,
      index: categories.now(split.index),
    })),
  });
  const isThere = (base: CbmCtrBase): boolean =>
    base.categories.every((index) => categories.has(index)) &&
    base.floatSplits.every(({ index }) => floats.has(index)) &&
    base.oneHotSplits.every(({ index }) => categories.has(index));
  return {
    ...model,
    trees: {
      ...trees,
      floatFeatures: numbered(trees.floatFeatures),
      categoricalFeatures: numbered(trees.categoricalFeatures),
      textFeatures: numbered(trees.textFeatures),
      oneHotFeatures: trees.oneHotFeatures.map((feature) => ({
        ...feature,
        categorical: categories.now(feature.categorical),
      })),
      estimatedFeatures: trees.estimatedFeatures.map((feature) => ({
        ...feature,
        text: texts.now(feature.text),
      })),
      ctrFeatures: trees.ctrFeatures.map((ctr) => ({ ...ctr, base: compactBase(ctr.base) })),
    },
    ctrTables: ctrTables
      .filter(({ base }) => isThere(base))
      .map((ctrTable) => ({ ...ctrTable, base: compactBase(ctrTable.base) })),
    text: text && {
      ...text,
      tokenizedFeatures: text.tokenizedFeatures
        .filter((feature) => texts.has(feature.text))
        .map((feature) => ({ ...feature, text: texts.now(feature.text) })),
    },
  };
}

function numbered<T extends CbmNamedFeature>(features: readonly T[]): T[] {
  return features.map((feature, index) => ({ ...feature, index }));
}

/** The places of the features of one kind by their numbers in the file. */
class Numbering {
  readonly hasGaps: boolean;
  readonly #places = new Map<number, number>();

  constructor(
    private readonly kind: string,
    features: readonly CbmNamedFeature[],
    private readonly table: FlatBufferTable,
  ) {
    features.forEach(({ index, flatIndex }, place) => {
      // Callers pass the features of a kind in flat order, the file refers to them in its own.
      if (flatIndex <= (features[place - 1]?.flatIndex ?? -1)) {
        table.fail(`${kind} feature ${place} has the FlatIndex ${flatIndex}, out of order`);
      }
      if (index < 0) table.fail(`${kind} feature ${place} has the Index ${index}`);
      if (this.#places.has(index)) table.fail(`two ${kind} features have the Index ${index}`);
      this.#places.set(index, place);
    });
    this.hasGaps = features.some(({ index }, place) => index !== place);
  }

  has(index: number): boolean {
    return this.#places.has(index);
  }

  now(index: number): number {
    return (
      this.#places.get(index) ?? this.table.fail(`${this.kind} feature ${index} does not exist`)
    );
  }
}
