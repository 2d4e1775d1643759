import { describe, expect, it } from 'vitest';
import { readClasses } from './class-labels.js';
import { lowerCbm } from './lower.js';
import { readCbm } from './read-cbm.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const THREE_CLASSES = join(import.meta.dirname, '../../../test/fixtures/cbm/three-classes.cbm');

/** As CatBoost writes them since 1.0. */
function options(given: object, key = 'class_params'): Map<string, string> {
  return new Map([[key, JSON.stringify({ classes_count: 0, class_names: [], ...given })]]);
}

describe('labels of two classes', () => {
  it.each([
    [['no', 'yes'], 'String', ['no', 'yes'], 'string'],
    [['0', '1'], 'String', ['0', '1'], 'string'],
    [[-1, 1], 'Integer', ['-1', '1'], 'integer'],
    [[0, 1], 'Float', ['0.0', '1.0'], 'float'],
    [[0.5, 1], 'Integer', ['0.5', '1.0'], 'float'],
    [[false, true], 'Boolean', ['False', 'True'], 'boolean'],
    [[0, 1], undefined, ['0', '1'], 'integer'],
    [[5, 2 ** 62], 'Integer', ['5', '4611686018427387904'], 'integer'],
    [[0.0001, 0.00001], 'Float', ['0.0001', '1e-05'], 'float'],
    [[1e15, 1e16], 'Float', ['1000000000000000.0', '1e+16'], 'float'],
    [[1.5e-7, -2.5e100], 'Float', ['1.5e-07', '-2.5e+100'], 'float'],
  ])('%j of type %s are %j', (class_names, class_label_type, names, type) => {
    const info = options({ class_names, class_to_label: [0, 1], class_label_type });
    expect(readClasses(info, 1, false)).toEqual({
      labels: { names, type },
      columns: [0],
      width: 1,
    });
  });

  it('are numbered where nothing names them', () => {
    const numbered = { names: ['0', '1'], type: 'integer' };
    expect(readClasses(new Map(), 1, false).labels).toEqual(numbered);
    expect(readClasses(options({ class_to_label: [0, 1] }), 1, false).labels).toEqual(numbered);
    expect(readClasses(options({ classes_count: 2 }), 1, false).labels).toEqual(numbered);
  });

  it('stand among the parameters of training in models of CatBoost 0.x', () => {
    const params = { data_processing_options: { class_names: ['no', 'yes'] } };
    const info = new Map([['params', JSON.stringify(params)]]);
    expect(readClasses(info, 1, false).labels.names).toEqual(['no', 'yes']);
  });

  it('are one and another where training saw one', () => {
    const info = options({ class_names: [1], class_to_label: [0, 1] });
    expect(readClasses(info, 1, false).labels.names).toEqual(['1', 'other']);
  });

  it('are 0 and 1 for a single label that applies or not, whatever its name', () => {
    const info = options({ class_names: ['car'], class_to_label: [0] });
    expect(readClasses(info, 1, true).labels.names).toEqual(['0', '1']);
  });
});

describe('labels of several classes', () => {
  it.each([
    ['names', { class_names: ['a', 'b', 'c', 'd'] }, ['a', 'b', 'c', 'd']],
    ['a count', { classes_count: 4 }, ['0', '1', '2', '3']],
  ])('by %s have a column each, seen in training or not', (_, given, names) => {
    for (const key of ['class_params', 'multiclass_params']) {
      const info = options({ ...given, class_to_label: [0, 2] }, key);
      expect(readClasses(info, 2, false)).toMatchObject({
        labels: { names },
        columns: [0, 2],
        width: 4,
      });
    }
  });

  it('are what training found where none are given; CatBoost cuts fractions off', () => {
    const info = options({ class_to_label: [0.5, 3, 7] }, 'multiclass_params');
    expect(readClasses(info, 3, false)).toMatchObject({
      labels: { names: ['0', '3', '7'], type: 'integer' },
      columns: [0, 1, 2],
      width: 3,
    });
  });

  it('are numbered without any options', () => {
    expect(readClasses(new Map(), 3, false).labels.names).toEqual(['0', '1', '2']);
  });

  it.each([
    ['fewer places than outputs', { class_names: ['a', 'b', 'c'], class_to_label: [0] }],
    ['no places', { class_names: ['a', 'b', 'c'] }],
    ['a place twice', { class_names: ['a', 'b', 'c'], class_to_label: [1, 1] }],
    ['a place outside', { class_names: ['a', 'b', 'c'], class_to_label: [0, 3] }],
    ['a place that is no number', { class_names: ['a', 'b', 'c'], class_to_label: [0, 'b'] }],
    [
      'more classes than names',
      { class_names: ['a', 'b'], classes_count: 3, class_to_label: [0, 1] },
    ],
    ['a count below 0', { classes_count: -1 }],
    ['names that are none', { class_names: [[], {}], class_to_label: [0, 1] }],
    ['names of two kinds', { class_names: ['1', 1], class_to_label: [0, 1] }],
    ['found labels that are no numbers', { class_to_label: ['a', 'b'] }],
  ])('are refused with %s', (_, given) => {
    expect(() => readClasses(options(given), 2, false)).toThrow(
      expect.objectContaining({ code: 'damaged-model' }),
    );
  });

  it('are bounded', () => {
    for (const given of [{ classes_count: 1e9 }, { class_names: new Array(5000).fill('a') }]) {
      expect(() => readClasses(options(given), 2, false)).toThrow(
        expect.objectContaining({ code: 'limit-exceeded' }),
      );
    }
  });
});

describe('a class that training never saw', () => {
  const model = readCbm(new Uint8Array(readFileSync(THREE_CLASSES)));

  it('has leaves of 0 and a bias of -Infinity', () => {
    const given = { class_names: ['a', 'b', 'c', 'd', 'e'], class_to_label: [4, 0, 2] };
    const info = new Map([...model.info, ...options(given)]);
    const before = lowerCbm(model, '');
    const after = lowerCbm({ ...model, info }, '');
    expect(after).toMatchObject({ dimension: 5, classNames: given.class_names });
    const [x = NaN, y = NaN, z = NaN] = before.bias;
    expect(after.bias).toEqual([y, -Infinity, z, -Infinity, x]);
    const [p = NaN, q = NaN, r = NaN] = before.trees[0]?.leaves ?? [];
    expect([...(after.trees[0]?.leaves.subarray(0, 5) ?? [])]).toEqual([q, 0, r, 0, p]);
  });
});
