import { listBinaryFeatures, repackedBin } from './binary-features.js';
import type { BinaryFeatures } from './binary-features.js';
import type { CbmCalcer, CbmCtrBase, CbmModel } from './cbm-model.js';
import { ctrBaseKey } from './read-ctr-tables.js';
import type { FlatBufferTable } from './flat-buffer-table.js';

/**
 * Checks what the trees' section says of itself and of the other sections: feature numbers, splits,
 * the CTR table behind each CTR feature, the calcer behind each estimated feature, and CatBoost's
 * redundant copy of the splits.
 *
 * @param table the TModelTrees, for the redundant copy and for the place of errors.
 * @throws ModelError `damaged-model`.
 */
export function checkTrees(model: CbmModel, table: FlatBufferTable): void {
  const { trees } = model;
  checkFlatIndices(model, table);
  for (const { categorical } of trees.oneHotFeatures) checkCategory(model, categorical, table);
  checkCtrs(model, table);
  checkEstimated(model, table);
  const features = listBinaryFeatures(trees);
  // -1 is a node that asks nothing.
  const first = trees.nodes === undefined ? 0 : -1;
  const wrong = trees.splits.find((split) => split < first || split >= features.splitCount);
  if (wrong !== undefined) {
    table.fail(`split ${wrong} does not exist, the model has ${features.splitCount}`);
  }
  checkRepackedBins(model, features, table);
}

/** Numbers may be left out, as those of features that are. */
function checkFlatIndices({ trees }: CbmModel, table: FlatBufferTable): void {
  const seen = new Set<number>();
  const all = [...trees.floatFeatures, ...trees.categoricalFeatures, ...trees.textFeatures];
  for (const { flatIndex, name } of all) {
    const feature = JSON.stringify(name.slice(0, 64));
    if (flatIndex < 0) table.fail(`feature ${feature} has the FlatIndex ${flatIndex}`);
    if (seen.has(flatIndex)) table.fail(`feature ${feature} has the FlatIndex of another`);
    seen.add(flatIndex);
  }
}

function checkCategory({ trees }: CbmModel, index: number, table: FlatBufferTable): void {
  if (trees.categoricalFeatures[index] === undefined) {
    table.fail(`categorical feature ${index} does not exist`);
  }
}

function checkCtrs(model: CbmModel, table: FlatBufferTable): void {
  const tables = new Map(model.ctrTables.map((ctr) => [ctrBaseKey(ctr.base), ctr]));
  if (tables.size !== model.ctrTables.length) table.fail('two CTR tables have the same base');
  const conditions = conditionKeys(model);
  model.trees.ctrFeatures.forEach(({ base, targetBorder }, i) => {
    const ctrTable = tables.get(ctrBaseKey(base)) ?? table.fail(`CTR feature ${i} has no table`);
    const { statistics } = ctrTable;
    if (statistics.kind === 'class-counts') {
      // The last class has no border above it.
      const borders = base.type === 'Borders' ? statistics.classes - 1 : statistics.classes;
      if (targetBorder < 0 || targetBorder >= borders) {
        table.fail(
          `CTR feature ${i} has TargetBorderIdx ${targetBorder}, expected 0 to ${borders - 1}`,
        );
      }
    }
    checkCombination(model, base, { table, conditions });
  });
}

interface CombinationContext {
  readonly table: FlatBufferTable;
  readonly conditions: ReadonlySet<string>;
}

function checkCombination(
  model: CbmModel,
  base: CbmCtrBase,
  { table, conditions }: CombinationContext,
): void {
  for (const category of base.categories) checkCategory(model, category, table);
  for (const { index, border } of base.floatSplits) {
    if (!conditions.has(`float ${index} ${border}`)) {
      table.fail(`a CTR asks float feature ${index} for a border ${border} that it does not have`);
    }
  }
  for (const { index, value } of base.oneHotSplits) {
    if (!conditions.has(`one-hot ${index} ${value}`)) {
      table.fail(`a CTR asks categorical feature ${index} for a value ${value} without one-hot`);
    }
  }
}

/** Every condition that a combination may refer to. */
function conditionKeys({ trees }: CbmModel): Set<string> {
  const keys = new Set<string>();
  const inCombination = trees.ctrFeatures.some(
    ({ base }) => base.floatSplits.length + base.oneHotSplits.length > 0,
  );
  if (!inCombination) return keys;
  for (const { index, borders } of trees.floatFeatures) {
    for (const border of borders) keys.add(`float ${index} ${border}`);
  }
  for (const { categorical, values } of trees.oneHotFeatures) {
    for (const value of values) keys.add(`one-hot ${categorical} ${value}`);
  }
  return keys;
}

function checkEstimated(model: CbmModel, table: FlatBufferTable): void {
  const textOfCalcer = new Map<CbmCalcer, number>();
  for (const { text, calcers } of model.text?.tokenizedFeatures ?? []) {
    if (text >= model.trees.textFeatures.length) table.fail(`text feature ${text} does not exist`);
    for (const place of calcers) {
      const calcer = model.text?.calcers[place];
      if (calcer !== undefined) textOfCalcer.set(calcer, text);
    }
  }
  const calcers = new Map(model.text?.calcers.map((calcer) => [calcer.guid, calcer]));
  for (const { text, calcer: guid, localIndex } of model.trees.estimatedFeatures) {
    const calcer = calcers.get(guid) ?? table.fail(`calcer ${guid} does not exist`);
    if (textOfCalcer.get(calcer) !== text) {
      table.fail(`calcer ${guid} does not work on text feature ${text}`);
    }
    const output = calcer.activeOutputs[localIndex];
    if (output === undefined || output >= outputCount(calcer)) {
      table.fail(`calcer ${guid} has no output ${output ?? localIndex}`);
    }
  }
}

/** Two classes have one output, since their probabilities add up to 1. */
function outputCount(calcer: CbmCalcer): number {
  if (calcer.kind === 'bag-of-words') return calcer.tokenCount;
  return calcer.classes.length === 2 ? 1 : calcer.classes.length;
}

function checkRepackedBins(
  { trees }: CbmModel,
  features: BinaryFeatures,
  table: FlatBufferTable,
): void {
  const stored = table.structs(17, 4, 'RepackedBins', (cursor, at) => ({
    slot: cursor.u16At(at, 'RepackedBins'),
    xorMask: cursor.u8At(at + 2, 'RepackedBins'),
    threshold: cursor.u8At(at + 3, 'RepackedBins'),
  }));
  if (stored.length === 0) return;
  if (stored.length !== trees.splits.length) {
    table.fail(`${stored.length} RepackedBins for ${trees.splits.length} TreeSplits`);
  }
  stored.forEach((bin, i) => {
    const split = trees.splits[i] ?? -1;
    if (split < 0) return;
    const expected = repackedBin(features, split);
    const equal =
      bin.slot === expected?.slot &&
      bin.xorMask === expected.xorMask &&
      bin.threshold === expected.threshold;
    if (!equal) table.fail(`entry ${i} of RepackedBins contradicts TreeSplits`);
  });
}
