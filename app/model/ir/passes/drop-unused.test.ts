import { describe, expect, it } from 'vitest';
import { createInterpreter } from '../../reference/interpret.js';
import type { Ir } from '../ir.js';
import { Random, randomIr, randomRow } from '../testing/random-ir.js';
import { dropUnused } from './drop-unused.js';
import { dropZeroTrees } from './drop-zero-trees.js';
import { PASSES, runPasses } from './run-passes.js';

const MODEL: Ir = {
  features: [
    { kind: 'float', name: 'x', index: 0 },
    { kind: 'categorical', name: 'c', index: 0 },
    { kind: 'text', name: 't', index: 0 },
  ],
  columns: [
    { kind: 'float', feature: 0, missing: 'below' },
    { kind: 'one-hot', feature: 0, hash: 1 },
    { kind: 'token', dictionary: 0, gram: 0 },
    { kind: 'token', dictionary: 1, gram: 1 },
    { kind: 'ctr', table: 0, values: Float32Array.of(1), unseen: 0 },
    { kind: 'ctr', table: 1, values: Float32Array.of(2), unseen: 0 },
    { kind: 'naive-bayes', calcer: 0, output: 0 },
  ],
  ctrTables: [
    { categories: [0], conditions: [], hashes: BigUint64Array.of(11n) },
    {
      categories: [0],
      conditions: [{ kind: 'range', column: 1, above: 0.5, atMost: Infinity }],
      hashes: BigUint64Array.of(12n),
    },
  ],
  dictionaries: [
    {
      feature: 0,
      seed: 0n,
      wordHashes: BigUint64Array.of(1n),
      gramOrder: 1,
      skip: 0,
      grams: [[0]],
    },
    {
      feature: 0,
      seed: 0n,
      wordHashes: BigUint64Array.of(5n, 6n, 7n),
      gramOrder: 2,
      skip: 0,
      grams: [[0, 1], [2, 1]], // prettier-ignore
    },
  ],
  naiveBayes: [
    {
      dictionary: 0,
      tokenPrior: 1,
      logPrior: Float64Array.of(0, 0),
      denominator: Float64Array.of(1, 1),
      classes: [],
    },
  ],
  trees: [
    {
      kind: 'oblivious',
      splits: [
        { column: 3, border: 0.5 },
        { column: 5, border: 1 },
      ],
      leaves: Float64Array.of(1, 2, 3, 4),
    },
  ],
  dimension: 1,
  scale: 1,
  bias: [0],
  link: 'sigmoid',
  classNames: ['0', '1'],
  source: { format: 'catboost-cbm', sha256: '', loss: '' },
};

describe('dropping what is unused', () => {
  const dropped = dropUnused(MODEL);

  it('keeps the columns that trees ask and those that conditions ask, in order', () => {
    expect(dropped.columns.map((column) => column.kind)).toEqual(['one-hot', 'token', 'ctr']);
    expect(dropped.trees[0]).toMatchObject({ splits: [{ column: 1 }, { column: 2 }] });
  });

  it('keeps only the tables of kept columns, and their conditions on new numbers', () => {
    expect(dropped.ctrTables).toEqual([
      {
        categories: [0],
        conditions: [{ kind: 'range', column: 0, above: 0.5, atMost: Infinity }],
        hashes: BigUint64Array.of(12n),
      },
    ]);
  });

  it('keeps only the grams in use and their words', () => {
    expect(dropped.naiveBayes).toEqual([]);
    expect(dropped.dictionaries).toEqual([
      {
        feature: 0,
        seed: 0n,
        wordHashes: BigUint64Array.of(6n, 7n),
        gramOrder: 2,
        skip: 0,
        grams: [[1, 0]],
      },
    ]);
    expect(dropped.columns[1]).toEqual({ kind: 'token', dictionary: 0, gram: 0 });
  });

  it('keeps the features, which are what callers pass', () => {
    expect(dropped.features).toEqual(MODEL.features);
  });
});

describe('the passes together', () => {
  it('have different names and are all run in order', () => {
    const names: string[] = [];
    runPasses(MODEL, (name) => names.push(name));
    expect(names).toEqual(PASSES.map(({ name }) => name));
    expect(new Set(names).size).toBe(PASSES.length);
  });

  it('drop trees that add nothing', () => {
    const zero = { kind: 'oblivious' as const, splits: [], leaves: Float64Array.of(-0) };
    expect(dropZeroTrees({ ...MODEL, trees: [zero, ...MODEL.trees, zero] }).trees).toEqual(
      MODEL.trees,
    );
  });

  it('change no answer of random models, to the bit', () => {
    for (let seed = 0; seed < 300; seed++) {
      const ir = randomIr(seed);
      const before = createInterpreter(ir);
      const after = createInterpreter(runPasses(ir));
      const random = new Random(seed);
      for (let i = 0; i < 10; i++) {
        const row = randomRow(random, ir);
        expect(after(row)).toEqual(before(row));
      }
    }
  });
});
