import type { Condition, CtrColumn, CtrTable } from '../ir/ir.js';
import { BORDERS_PER_SLOT } from './binary-features.js';
import type { BinaryFeatureBlock } from './binary-features.js';
import type { CbmCtrBase, CbmCtrFeature, CbmCtrTable, CbmTrees } from './cbm-model.js';

/**
 * The values of a CTR feature, one per row of its table. Every operation is rounded to f32, as in
 * CatBoost: a value computed in f64 may land on the other side of a border.
 */
export function lowerCtrValues(
  feature: CbmCtrFeature,
  source: CbmCtrTable,
): Pick<CtrColumn, 'values' | 'unseen'> {
  const value = (good: number, total: number): number => {
    const f = Math.fround;
    const ctr = f(f(f(good) + feature.priorNum) / f(f(total) + feature.priorDenom));
    return f(f(ctr + feature.shift) * feature.scale);
  };
  const unseenTotal = source.statistics.kind === 'totals' ? source.denominator : 0;
  return {
    values: Float32Array.from(source.rows, (row) => {
      const { good, total } = goodAndTotal(feature, source, row);
      return value(good, total);
    }),
    unseen: value(0, unseenTotal),
  };
}

function goodAndTotal(
  feature: CbmCtrFeature,
  source: CbmCtrTable,
  row: number,
): { good: number; total: number } {
  const { statistics, denominator } = source;
  switch (statistics.kind) {
    case 'means':
      return { good: statistics.sums[row] ?? 0, total: statistics.counts[row] ?? 0 };
    case 'totals':
      return { good: statistics.counts[row] ?? 0, total: denominator };
    case 'class-counts': {
      const { classes, counts } = statistics;
      const own = counts.subarray(row * classes, (row + 1) * classes);
      const total = sum(own);
      if (feature.base.type === 'Buckets') return { good: own[feature.targetBorder] ?? 0, total };
      // With two classes the only target border is 0, so this is the count of class 1.
      return { good: sum(own.subarray(feature.targetBorder + 1)), total };
    }
  }
}

function sum(counts: Int32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** Lays out the IR's table behind CTR features of one base. */
export function lowerCtrTable(source: CbmCtrTable, slots: SlotConditions): CtrTable {
  const { base } = source;
  return {
    categories: base.categories,
    conditions: [
      ...base.floatSplits.map((split) => slots.floatCondition(split)),
      ...base.oneHotSplits.map((split) => slots.oneHotCondition(split)),
    ],
    hashes: source.hashes,
  };
}

/** A block of binary features and the number of its first column in the IR. */
export interface PlacedBlock extends BinaryFeatureBlock {
  readonly firstColumn: number;
  /** The borders that the columns of the IR are compared with; empty for one-hot. */
  readonly borders: Float32Array;
}

/** Turns conditions inside CTR combinations into conditions on columns. */
export class SlotConditions {
  readonly #trees: CbmTrees;
  readonly #blocks: readonly PlacedBlock[];
  readonly #floatBlocks = new Map<number, PlacedBlock>();
  readonly #oneHotPlaces = new Map<string, { block: PlacedBlock; place: number }>();
  /** Index into the blocks by byte slot. */
  readonly #blockOfSlot: number[] = [];
  readonly #estimatedSlots: number;

  /** @param blocks those of float, estimated and one-hot features, in order. */
  constructor(trees: CbmTrees, blocks: readonly PlacedBlock[]) {
    this.#trees = trees;
    this.#blocks = blocks;
    let estimatedSlots = 0;
    blocks.forEach((block, i) => {
      const slots = Math.ceil(block.count / BORDERS_PER_SLOT);
      for (let slot = 0; slot < slots; slot++) this.#blockOfSlot.push(i);
      if (block.kind === 'estimated') estimatedSlots += slots;
      if (block.kind === 'float') this.#floatBlocks.set(block.position, block);
      if (block.kind === 'one-hot') this.#indexOneHot(block);
    });
    this.#estimatedSlots = estimatedSlots;
  }

  floatCondition({ index, border }: CbmCtrBase['floatSplits'][number]): Condition {
    const block = this.#floatBlocks.get(index);
    if (block === undefined) return { kind: 'never' };
    return { kind: 'range', column: block.firstColumn, above: border, atMost: Infinity };
  }

  /**
   * CatBoost numbers the slots of these conditions as if estimated features had none, and finds at
   * run time what lies that many slots earlier: some other feature's byte, which it compares with
   * the value's number. Observed in 1.0.5 and 1.2.10; a model without text is not affected.
   */
  oneHotCondition({ index, value }: CbmCtrBase['oneHotSplits'][number]): Condition {
    const found = this.#oneHotPlaces.get(`${index} ${value}`);
    if (found === undefined) return { kind: 'never' };
    const { block, place } = found;
    const intended = block.firstSlot + Math.floor(place / BORDERS_PER_SLOT);
    return this.#slotEquals(intended - this.#estimatedSlots, (place % BORDERS_PER_SLOT) + 1);
  }

  /** The byte of a slot, which counts the borders below a value, equals `step`, 1 to 254. */
  #slotEquals(slot: number, step: number): Condition {
    const block = this.#blocks[this.#blockOfSlot[slot] ?? -1];
    if (block === undefined) return { kind: 'never' };
    const border = (slot - block.firstSlot) * BORDERS_PER_SLOT + step - 1;
    if (border >= block.count) return { kind: 'never' };
    if (block.kind === 'one-hot') {
      return { kind: 'range', column: block.firstColumn + border, above: 0.5, atMost: Infinity };
    }
    // A full slot also stands for all that lies above it.
    const next = step === BORDERS_PER_SLOT ? undefined : block.borders[border + 1];
    return {
      kind: 'range',
      column: block.firstColumn,
      above: block.borders[border] ?? Infinity,
      atMost: next ?? Infinity,
    };
  }

  #indexOneHot(block: PlacedBlock): void {
    const feature = this.#trees.oneHotFeatures[block.position];
    feature?.values.forEach((value, place) => {
      const key = `${feature.categorical} ${value}`;
      if (!this.#oneHotPlaces.has(key)) this.#oneHotPlaces.set(key, { block, place });
    });
  }
}
