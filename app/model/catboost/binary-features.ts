import type { CbmTrees } from './cbm-model.js';

/** A byte slot of CatBoost's quantized row holds at most this many borders of a feature. */
export const BORDERS_PER_SLOT = 254;

export type BinaryFeatureKind = 'float' | 'estimated' | 'one-hot' | 'ctr';

/** One feature's consecutive binary features: a condition per border, or per one-hot value. */
export interface BinaryFeatureBlock {
  readonly kind: BinaryFeatureKind;
  /** Position in the file's list of features of this kind. */
  readonly position: number;
  /** Number of borders or values, above 0. */
  readonly count: number;
  /** Number of its first condition in the model's list of binary features. */
  readonly firstSplit: number;
  /** Number of its first byte slot. */
  readonly firstSlot: number;
}

export interface BinaryFeatures {
  readonly blocks: readonly BinaryFeatureBlock[];
  readonly splitCount: number;
  /** Index into `blocks` of each split number. */
  readonly blockOfSplit: Int32Array;
}

/**
 * Lists the model's binary features in the order in which trees number them: borders of float
 * features, of estimated features, one-hot values, borders of CTR features. Features without
 * borders take no part.
 */
export function listBinaryFeatures(trees: CbmTrees): BinaryFeatures {
  const sizes: [BinaryFeatureKind, number[]][] = [
    ['float', trees.floatFeatures.map((feature) => feature.borders.length)],
    ['estimated', trees.estimatedFeatures.map((feature) => feature.borders.length)],
    ['one-hot', trees.oneHotFeatures.map((feature) => feature.values.length)],
    ['ctr', trees.ctrFeatures.map((feature) => feature.borders.length)],
  ];
  const blocks: BinaryFeatureBlock[] = [];
  let splitCount = 0;
  let slotCount = 0;
  for (const [kind, counts] of sizes) {
    counts.forEach((count, position) => {
      if (count === 0) return;
      blocks.push({ kind, position, count, firstSplit: splitCount, firstSlot: slotCount });
      splitCount += count;
      slotCount += Math.ceil(count / BORDERS_PER_SLOT);
    });
  }
  const blockOfSplit = new Int32Array(splitCount);
  blocks.forEach(({ firstSplit, count }, i) => {
    blockOfSplit.fill(i, firstSplit, firstSplit + count);
  });
  return { blocks, splitCount, blockOfSplit };
}

/** A condition on a quantized row as CatBoost stores it: `(slot ^ xorMask) >= threshold`. */
export interface RepackedBin {
  readonly slot: number;
  readonly xorMask: number;
  readonly threshold: number;
}

/** The condition that number `split`, which must exist, stands for. */
export function repackedBin(features: BinaryFeatures, split: number): RepackedBin | undefined {
  const block = features.blocks[features.blockOfSplit[split] ?? -1];
  if (block === undefined) return undefined;
  const border = split - block.firstSplit;
  const slot = block.firstSlot + Math.floor(border / BORDERS_PER_SLOT);
  const step = (border % BORDERS_PER_SLOT) + 1;
  return block.kind === 'one-hot'
    ? { slot, xorMask: ~step & 0xff, threshold: 0xff }
    : { slot, xorMask: 0, threshold: step };
}
