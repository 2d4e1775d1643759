import { describe, expect, it } from 'vitest';
import { expectedValues, ownValues } from './own-values.js';

describe('the values of a model that features were left out of', () => {
  // Of a row of five or more the model asks 0, 2 and 4.
  const features = [{}, { position: 2 }, { position: 4 }];

  it('are the row itself where it has one per feature', () => {
    expect(ownValues(features, [1, 'a', 2])).toEqual([1, 'a', 2]);
  });

  it('stand at their positions in a whole row, whatever else that holds', () => {
    expect(ownValues(features, [1, 'x', 'a', NaN, 2])).toEqual([1, 'a', 2]);
    expect(ownValues(features, [1, 'x', 'a', NaN, 2, 'y'])).toEqual([1, 'a', 2]);
  });

  it('are not there in rows of another length', () => {
    for (const row of [[], [1, 2], [1, 2, 3, 4]]) expect(ownValues(features, row)).toBeUndefined();
    expect(ownValues([{}, {}], [1, 2, 3])).toBeUndefined();
    expect(expectedValues(features)).toBe('3, or at least 5');
    expect(expectedValues([{}, {}])).toBe('2');
  });
});
