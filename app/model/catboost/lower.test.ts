import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Column, Ir } from '../ir/ir.js';
import { lowerCbm } from './lower.js';
import { readCbm } from './read-cbm.js';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/cbm');

function lower(name: string): Ir {
  return lowerCbm(readCbm(readFileSync(join(FIXTURES, `${name}.cbm`))), 'digest');
}

function kinds(ir: Ir): Set<Column['kind']> {
  return new Set(ir.columns.map(({ kind }) => kind));
}

describe('lowerCbm', () => {
  it('keeps the features in flat order, called by number where they have no names', () => {
    expect(lower('everything').features).toEqual([
      { kind: 'float', name: '0', index: 0 },
      { kind: 'float', name: '1', index: 1 },
      { kind: 'float', name: '2', index: 2 },
      { kind: 'categorical', name: '3', index: 0 },
      { kind: 'categorical', name: '4', index: 1 },
      { kind: 'categorical', name: '5', index: 2 },
      { kind: 'text', name: '6', index: 0 },
      { kind: 'text', name: '7', index: 1 },
    ]);
  });

  it('makes columns of every kind, CTRs last', () => {
    const ir = lower('everything');
    expect(kinds(ir)).toEqual(new Set(['float', 'token', 'naive-bayes', 'one-hot', 'ctr']));
    const firstCtr = ir.columns.findIndex(({ kind }) => kind === 'ctr');
    expect(ir.columns.slice(firstCtr).every(({ kind }) => kind === 'ctr')).toBe(true);
  });

  it('refers only to columns, tables and grams that are there', () => {
    for (const name of ['everything', 'one-hot-beside-text', 'long-grams', 'ctr-buckets']) {
      const ir = lower(name);
      const splits = ir.trees.flatMap((tree) => (tree.kind === 'oblivious' ? tree.splits : []));
      expect(splits.length).toBeGreaterThan(0);
      expect(splits.every(({ column }) => ir.columns[column] !== undefined)).toBe(true);
      for (const column of ir.columns) {
        if (column.kind === 'ctr') {
          expect(column.values.length).toBe(ir.ctrTables[column.table]?.hashes.length);
        }
        if (column.kind === 'token') {
          expect(ir.dictionaries[column.dictionary]?.grams[column.gram]).toBeDefined();
        }
      }
    }
  });

  it('turns trees of single nodes into ones in pre-order, a node for each leaf', () => {
    const ir = lower('depthwise-classes');
    for (const tree of ir.trees) {
      if (tree.kind !== 'binary') throw new Error('a symmetric tree');
      const leaves = tree.column.filter((column) => column < 0).length;
      expect(tree.column.length).toBe(2 * leaves - 1);
      expect(tree.leaves.length).toBe(leaves * ir.dimension);
      tree.column.forEach((column, node) => {
        if (column < 0) return;
        expect(tree.whenFalse[node]).toBe(node + 1);
        expect(tree.whenTrue[node]).toBeGreaterThan(node + 1);
      });
    }
  });

  it('says what the outputs mean', () => {
    expect(lower('everything')).toMatchObject({ link: 'sigmoid', classNames: ['0', '1'] });
    expect(lower('three-classes')).toMatchObject({
      link: 'softmax',
      classNames: ['high', 'low', 'middle'],
      dimension: 3,
    });
    expect(lower('regression')).toMatchObject({
      link: 'identity',
      classNames: [],
      scale: 2.5,
      bias: [-1.25],
      source: { format: 'catboost-cbm', sha256: 'digest', loss: 'RMSE' },
    });
  });

  it('lets a missing number compare as training had it', () => {
    const missing = (name: string) =>
      lower(name).columns.flatMap((column) =>
        column.kind === 'float' && column.feature === 2 ? [column.missing] : [],
      );
    expect(missing('everything')).toEqual(['below']);
    expect(missing('regression')).toEqual(['above']);
  });

  it('gives trees their leaves back to back, without copies', () => {
    const model = readCbm(readFileSync(join(FIXTURES, 'three-classes.cbm')));
    const { trees, dimension } = lowerCbm(model, '');
    const sizes = trees.map((tree) => tree.leaves.length);
    expect(sizes).toEqual([...model.trees.depths].map((depth) => dimension * 2 ** depth));
    expect(trees.flatMap((tree) => [...tree.leaves])).toEqual([...model.trees.leaves]);
    expect(trees[0]?.leaves.buffer).toBe(model.trees.leaves.buffer);
  });

  it('names words by their place and grams by their words', () => {
    for (const { wordHashes, gramOrder, grams } of lower('long-grams').dictionaries) {
      expect(grams.length).toBe(30);
      expect(new Set(grams.map((gram) => gram.join())).size).toBe(30);
      expect(grams.every((gram) => gram.length === gramOrder)).toBe(true);
      expect(grams.flat().every((word) => word < wordHashes.length)).toBe(true);
    }
  });

  it('refuses a model that would grow too large', () => {
    const model = readCbm(readFileSync(join(FIXTURES, 'ctr-borders.cbm')));
    const ctrTables = model.ctrTables.map((table) => ({
      ...table,
      rows: new Uint32Array(2 ** 14),
      statistics: { kind: 'class-counts', classes: 2 ** 13, counts: new Int32Array(0) } as const,
    }));
    const huge = { ...model, ctrTables };
    expect(() => lowerCbm(huge, '')).toThrow(/needs more than 67108864 numbers/);
  });
});
