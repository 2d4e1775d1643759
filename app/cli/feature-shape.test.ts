import { describe, expect, it } from 'vitest';
import { DEFAULT_RULES } from '../plates/reading-rules.js';
import { shapeOf, type StatedModel } from './feature-shape.js';
import { decimalCommaAdvice } from './row-shape.js';

function model(names: readonly string[], change: Partial<StatedModel> = {}): StatedModel {
  return {
    features: names.map((name, index) => ({ kind: 'float', name, index })),
    classNames: ['0', '1'],
    link: 'sigmoid',
    dimension: 1,
    ...change,
  };
}

function read(shape: ReturnType<typeof shapeOf>, input: unknown): unknown {
  const row = shape.read({ id: '1', line: 1, input, expected: undefined }, DEFAULT_RULES);
  return 'error' in row ? row.error : row.value;
}

describe('shapeOf', () => {
  it('takes readings for a model that decides them, else values of its features', () => {
    expect(shapeOf(model(['hour', 'direction']))).toMatchObject({
      kind: 'readings',
      answers: ['negative', 'positive'],
    });
    // Names of an array's columns, which are also symbols of plates.
    expect(shapeOf(model(['0', '1'])).kind).toBe('features');
    expect(shapeOf(model(['hour'], { classNames: ['a', 'b'] })).kind).toBe('features');
  });

  it.each([
    [{ classNames: ['-1', 'id', 'error'], dimension: 3 }, ['-1', 'class id', 'class error']],
    [{ classNames: [], link: 'identity' }, ['prediction']],
    [{ classNames: [], link: 'exponent' }, ['prediction']],
    [{ classNames: [], link: 'mean-and-variance', dimension: 2 }, ['mean', 'variance']],
    [{ classNames: [], link: 'identity', dimension: 2 }, ['prediction_0', 'prediction_1']],
  ] as const)('names the answers of %j', (change, answers) => {
    expect(shapeOf(model(['x'], change)).answers).toEqual(answers);
  });

  it('takes rows by name, whatever else they have, and in order', () => {
    const shape = shapeOf(model(['x', 'y']));
    expect(read(shape, { z: 1, y: '2.5', x: 3 })).toEqual([3, 2.5]);
    expect(read(shape, [3, ''])).toEqual([3, NaN]);
    expect(read(shape, { x: null, y: true })).toEqual([NaN, 1]);
  });

  it('says all that is wrong with a row, without its values', () => {
    const shape = shapeOf(model(['x', 'y']));
    expect(read(shape, { z: 1 })).toBe('no value for "x", "y"; null says that it is not known');
    expect(read(shape, [1])).toBe('1 values; expected 2, one per feature');
    expect(read(shape, 'x')).toMatch(/^expected an object with a value per feature/);
    expect(read(shape, { x: '97,3', y: [5] })).toMatch(
      /^float feature "x": .*; for decimal commas give --decimal-comma; float feature "y": expected/,
    );
  });

  it('takes rows of a model with repeated or no names by position', () => {
    const repeated = shapeOf(model(['x', 'x']));
    expect(repeated.byPosition).toBe(true);
    expect(read(repeated, [1, 2])).toEqual([1, 2]);
    expect(read(repeated, { x: 1 })).toMatch(/several features "x": give the values as an array/);
    expect(shapeOf(model(['0', '1'])).byPosition).toBe(true);
    expect(shapeOf(model(['x', '1'])).byPosition).toBe(false);
  });
});

describe('decimalCommaAdvice', () => {
  it.each([
    ['97,3', true],
    ['[0,9, 0,8]', true],
    ['[0.9, 0.8]', false],
    ['yesterday', false],
    [97.3, false],
  ])('of %j is given: %s', (value, given) => {
    expect(decimalCommaAdvice(value)).toBe(
      given ? '; for decimal commas give --decimal-comma' : '',
    );
  });
});
