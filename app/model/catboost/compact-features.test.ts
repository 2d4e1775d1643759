import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CbmCtrBase, CbmModel } from './cbm-model.js';
import { compactFeatures } from './compact-features.js';
import { FlatBufferTable } from './flat-buffer-table.js';
import { ByteCursor } from './byte-cursor.js';
import { lowerCbm } from './lower.js';
import { readCbm } from './read-cbm.js';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/cbm');

/** Only the place of errors. */
const TABLE = FlatBufferTable.root(
  new ByteCursor(Uint8Array.of(4, 0, 0, 0, 4, 0, 0, 0, 4, 0, 4, 0), 'core'),
);

function fixture(name: string): CbmModel {
  return readCbm(new Uint8Array(readFileSync(join(FIXTURES, `${name}.cbm`))));
}

/** The model with other numbers of features, everywhere. */
function renumber(model: CbmModel, now: (index: number) => number): CbmModel {
  const named = <T extends { readonly index: number; readonly flatIndex: number }>(
    list: readonly T[],
  ) => list.map((feature) => ({ ...feature, index: now(feature.index) }));
  const base = (old: CbmCtrBase): CbmCtrBase => ({
    ...old,
    categories: old.categories.map(now),
    floatSplits: old.floatSplits.map((split) => ({ ...split, index: now(split.index) })),
    oneHotSplits: old.oneHotSplits.map((split) => ({ ...split, index: now(split.index) })),
  });
  const { trees, text } = model;
  return {
    ...model,
    trees: {
      ...trees,
      floatFeatures: named(trees.floatFeatures),
      categoricalFeatures: named(trees.categoricalFeatures),
      textFeatures: named(trees.textFeatures),
      oneHotFeatures: trees.oneHotFeatures.map((f) => ({ ...f, categorical: now(f.categorical) })),
      estimatedFeatures: trees.estimatedFeatures.map((f) => ({ ...f, text: now(f.text) })),
      ctrFeatures: trees.ctrFeatures.map((f) => ({ ...f, base: base(f.base) })),
    },
    ctrTables: model.ctrTables.map((table) => ({ ...table, base: base(table.base) })),
    text: text && {
      ...text,
      tokenizedFeatures: text.tokenizedFeatures.map((f) => ({ ...f, text: now(f.text) })),
    },
  };
}

describe('numbers of features with gaps', () => {
  it.each(['everything', 'one-hot-beside-text', 'ctr-counter', 'lossguide'])(
    'are closed everywhere: %s',
    (name) => {
      const model = fixture(name);
      const gapped = renumber(model, (index) => 3 * index + 2);
      expect(gapped).not.toEqual(model);
      expect(compactFeatures(gapped, TABLE)).toEqual(model);
    },
  );

  it('leave a model without gaps as it is', () => {
    const model = fixture('everything');
    expect(compactFeatures(model, TABLE)).toBe(model);
  });

  it('leave out tables and texts that only features left out would ask', () => {
    const model = renumber(fixture('everything'), (index) => index + 1);
    const table = model.ctrTables[0];
    const tokenized = model.text?.tokenizedFeatures[0];
    if (table === undefined || tokenized === undefined) throw new Error('another fixture');
    const extended: CbmModel = {
      ...model,
      ctrTables: [{ ...table, base: { ...table.base, categories: [0] } }, ...model.ctrTables],
      text: model.text && {
        ...model.text,
        tokenizedFeatures: [{ ...tokenized, text: 0 }, ...model.text.tokenizedFeatures],
      },
    };
    expect(compactFeatures(extended, TABLE)).toEqual(fixture('everything'));
  });

  it.each<[string, (trees: CbmModel['trees']) => Partial<CbmModel['trees']>, RegExp]>([
    [
      'occur twice',
      ({ floatFeatures: [a, b] }) => ({ floatFeatures: [a!, { ...b!, index: a!.index }] }),
      /two float features have the Index/,
    ],
    [
      'are below 0',
      ({ textFeatures: [a] }) => ({ textFeatures: [{ ...a!, index: -1 }] }),
      /text feature 0 has the Index -1/,
    ],
    [
      'name no feature',
      ({ oneHotFeatures: [a] }) => ({ oneHotFeatures: [{ ...a!, categorical: 9 }] }),
      /categorical feature 9 does not exist/,
    ],
    [
      'are out of order among all features',
      ({ floatFeatures: [a, b] }) => ({ floatFeatures: [{ ...a!, flatIndex: 2 }, b!] }),
      /float feature 1 has the FlatIndex 1, out of order/,
    ],
  ])('are refused where they %s', (_, change, message) => {
    const model = renumber(fixture('everything'), (index) => index + 1);
    const changed = { ...model, trees: { ...model.trees, ...change(model.trees) } };
    expect(() => compactFeatures(changed, TABLE)).toThrow(message);
  });
});

describe('a model as CatBoost 0.x wrote it', () => {
  const ir = lowerCbm(fixture('old-classes'), '');

  it('is called by its names and positions in the training', () => {
    expect(ir.features).toEqual([
      { kind: 'float', name: '1', index: 0, position: 1 },
      { kind: 'float', name: '3', index: 1, position: 3 },
      { kind: 'categorical', name: '5', index: 0, position: 5 },
      { kind: 'categorical', name: '6', index: 1, position: 6 },
    ]);
  });

  it('has the labels of multiclass_params', () => {
    expect(ir).toMatchObject({ classNames: ['0', '3', '7'], labelType: 'integer', dimension: 3 });
  });
});
