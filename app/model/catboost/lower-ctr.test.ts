import { describe, expect, it } from 'vitest';
import type { Condition } from '../ir/ir.js';
import type { CbmCtrFeature, CbmCtrTable, CbmTrees, CtrStatistics, CtrType } from './cbm-model.js';
import { lowerCtrValues, SlotConditions } from './lower-ctr.js';
import type { PlacedBlock } from './lower-ctr.js';

function values(type: CtrType, statistics: CtrStatistics, own: Partial<CbmCtrFeature> = {}) {
  const base = {
    type,
    targetBorderClassifier: 0,
    categories: [0],
    floatSplits: [],
    oneHotSplits: [],
  };
  const feature: CbmCtrFeature = {
    base,
    targetBorder: 0,
    priorNum: 0.5,
    priorDenom: 1,
    shift: 0,
    scale: 1,
    borders: new Float32Array(0),
    ...own,
  };
  const table: CbmCtrTable = {
    base,
    hashes: BigUint64Array.of(5n, 6n),
    rows: Uint32Array.of(1, 0),
    denominator: 9,
    statistics,
  };
  const { values: lowered, unseen } = lowerCtrValues(feature, table);
  return { values: [...lowered], unseen };
}

const f = Math.fround;

describe('lowerCtrValues', () => {
  const twoClasses: CtrStatistics = {
    kind: 'class-counts',
    classes: 2,
    counts: Int32Array.of(3, 1, 0, 4),
  };
  const threeClasses: CtrStatistics = {
    kind: 'class-counts',
    classes: 3,
    counts: Int32Array.of(1, 2, 3, 4, 5, 6),
  };

  it('Borders of two classes: the share of class 1, in the order of the hashes', () => {
    expect(values('Borders', twoClasses)).toEqual({
      values: [f(4.5 / 5), f(1.5 / 5)],
      unseen: 0.5,
    });
  });

  it('Borders of more classes: the share above the target border', () => {
    expect(values('Borders', threeClasses).values).toEqual([f(11.5 / 16), f(5.5 / 7)]);
    expect(values('Borders', threeClasses, { targetBorder: 1 }).values).toEqual([
      f(6.5 / 16),
      f(3.5 / 7),
    ]);
  });

  it('Buckets: the share of one class', () => {
    expect(values('Buckets', threeClasses, { targetBorder: 2 }).values).toEqual([
      f(6.5 / 16),
      f(3.5 / 7),
    ]);
  });

  it.each(['BinarizedTargetMeanValue', 'FloatTargetMeanValue'] as const)(
    '%s: sum by count',
    (type) => {
      const means: CtrStatistics = {
        kind: 'means',
        sums: Float32Array.of(0.1, 2.5),
        counts: Int32Array.of(2, 4),
      };
      expect(values(type, means)).toEqual({
        values: [f(3 / 5), f(f(f(0.1) + 0.5) / 3)],
        unseen: 0.5,
      });
    },
  );

  it.each(['Counter', 'FeatureFreq'] as const)('%s: count by the common denominator', (type) => {
    const totals: CtrStatistics = { kind: 'totals', counts: Int32Array.of(7, 2) };
    expect(values(type, totals)).toEqual({
      values: [f(2.5 / 10), f(7.5 / 10)],
      unseen: f(0.5 / 10),
    });
  });

  it('rounds to f32 after every operation', () => {
    const { values: lowered } = values('Borders', twoClasses, {
      priorNum: f(0.2),
      shift: f(0.7),
      scale: 15,
    });
    const expected = f(f(f(f(4 + f(0.2)) / 5) + f(0.7)) * 15);
    expect(lowered[0]).toBe(expected);
    expect(expected).not.toBe(f(((4 + f(0.2)) / 5 + f(0.7)) * 15));
  });
});

describe('SlotConditions', () => {
  const floats = block('float', { count: 2, firstSlot: 0, borders: Float32Array.of(1, 2) });

  it('asks a float for a border', () => {
    const conditions = new SlotConditions(trees(), [floats]);
    expect(conditions.floatCondition({ index: 0, border: 2 })).toEqual(range(0, 2));
  });

  it('asks the one-hot column of the value where there are no texts', () => {
    const oneHot = block('one-hot', { count: 3, firstSlot: 1, firstColumn: 1 });
    const conditions = new SlotConditions(trees([70, 80, 90]), [floats, oneHot]);
    expect(conditions.oneHotCondition({ index: 0, value: 80 })).toEqual(range(2, 0.5));
  });

  it('looks one slot too early for each estimated slot, as CatBoost does', () => {
    const estimated = block('estimated', {
      count: 2,
      firstSlot: 1,
      firstColumn: 1,
      borders: Float32Array.of(0.25, 0.75),
    });
    const first = block('one-hot', { count: 3, firstSlot: 2, firstColumn: 2 });
    const second = block('one-hot', { position: 1, count: 1, firstSlot: 3, firstColumn: 5 });
    const conditions = new SlotConditions(trees([70, 80, 90], [60]), [
      floats,
      estimated,
      first,
      second,
    ]);
    expect(conditions.oneHotCondition({ index: 0, value: 70 })).toEqual(range(1, 0.25, 0.75));
    expect(conditions.oneHotCondition({ index: 0, value: 80 })).toEqual(range(1, 0.75));
    expect(conditions.oneHotCondition({ index: 0, value: 90 })).toEqual({ kind: 'never' });
    expect(conditions.oneHotCondition({ index: 1, value: 60 })).toEqual(range(2, 0.5));
  });

  it('knows that a full slot stands for everything above its last border', () => {
    const borders = Float32Array.from({ length: 256 }, (_, i) => i);
    const estimated = block('estimated', { count: 256, firstSlot: 0, borders });
    const oneHot = block('one-hot', { count: 300, firstSlot: 2, firstColumn: 1 });
    const hashes = Array.from({ length: 300 }, (_, i) => 1000 + i);
    const conditions = new SlotConditions(trees(hashes), [estimated, oneHot]);
    const condition = (place: number) =>
      conditions.oneHotCondition({ index: 0, value: 1000 + place });
    expect(condition(252)).toEqual(range(0, 252, 253));
    expect(condition(253)).toEqual(range(0, 253));
    expect(condition(254)).toEqual(range(0, 254, 255));
    expect(condition(255)).toEqual(range(0, 255));
    expect(condition(256)).toEqual({ kind: 'never' });
  });
});

function range(column: number, above: number, atMost = Infinity): Condition {
  return { kind: 'range', column, above, atMost };
}

/** Only what these conditions look at. */
function trees(...oneHotValues: number[][]): CbmTrees {
  const oneHotFeatures = oneHotValues.map((values, categorical) => ({
    categorical,
    values: Int32Array.from(values),
  }));
  return { oneHotFeatures } as unknown as CbmTrees;
}

function block(kind: PlacedBlock['kind'], own: Partial<PlacedBlock>): PlacedBlock {
  const borders = new Float32Array(0);
  return {
    kind,
    position: 0,
    count: 1,
    firstSplit: 0,
    firstSlot: 0,
    firstColumn: 0,
    borders,
    ...own,
  };
}
