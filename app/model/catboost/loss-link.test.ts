import { describe, expect, it } from 'vitest';
import { readOutcome } from './loss-link.js';

function info(loss: string, classes?: unknown): Map<string, string> {
  const result = new Map([['params', JSON.stringify({ loss_function: { type: loss } })]]);
  if (classes !== undefined) result.set('class_params', JSON.stringify({ class_names: classes }));
  return result;
}

describe('readOutcome', () => {
  it.each([
    ['Logloss', 1, 'sigmoid'],
    ['CrossEntropy', 1, 'sigmoid'],
    ['Focal', 1, 'sigmoid'],
    ['MultiClass', 3, 'softmax'],
    ['MultiClassOneVsAll', 3, 'one-vs-all'],
    ['MultiLogloss', 2, 'one-vs-all'],
    ['RMSE', 1, 'identity'],
    ['Quantile', 1, 'identity'],
    ['MultiQuantile', 2, 'identity'],
  ])('knows the link of %s', (loss, dimension, link) => {
    expect(readOutcome(info(loss), dimension)).toMatchObject({ loss, link });
  });

  it.each(['Poisson', 'Tweedie', 'LogLinQuantile', 'RMSEWithUncertainty', 'YetiRank', 'Cox'])(
    'refuses %s by name, whose predictions are not the raw values',
    (loss) => {
      expect(() => readOutcome(info(loss), 1)).toThrow(
        new RegExp(`loss function "${loss}"; expected one of Logloss`),
      );
    },
  );

  it('refuses metadata without a loss function', () => {
    expect(() => readOutcome(new Map(), 1)).toThrow(/no loss function is named/);
    expect(() => readOutcome(new Map([['params', '[1]']]), 1)).toThrow(/no loss function/);
  });

  it('takes the loss of models that were summed up', () => {
    const summed = new Map([['loss_function', '{"type":"RMSE","params":{}}']]);
    expect(readOutcome(summed, 1).loss).toBe('RMSE');
  });

  it('writes class names as the training labels read', () => {
    expect(readOutcome(info('Logloss', ['no', 'yes']), 1).classNames).toEqual(['no', 'yes']);
    expect(readOutcome(info('Logloss', [0.5, 1.5]), 1).classNames).toEqual(['0.5', '1.5']);
    expect(readOutcome(info('Logloss', [false, true]), 1).classNames).toEqual(['false', 'true']);
    expect(readOutcome(info('MultiClass', [0, 1, 2]), 3).classNames).toEqual(['0', '1', '2']);
  });

  it('numbers classes that have no names, and names none for a regression', () => {
    expect(readOutcome(info('CrossEntropy', []), 1).classNames).toEqual(['0', '1']);
    expect(readOutcome(info('MultiClass'), 3).classNames).toEqual(['0', '1', '2']);
    expect(readOutcome(info('RMSE'), 1).classNames).toEqual([]);
  });

  it('refuses metadata that are not JSON, and classes that are no names', () => {
    expect(() => readOutcome(new Map([['params', '{']]), 1)).toThrow(/"params" are not JSON/);
    expect(() => readOutcome(info('Logloss', [[], {}]), 1)).toThrow(/a class is named/);
    const deep = '['.repeat(1e6) + ']'.repeat(1e6);
    expect(() => readOutcome(new Map([['params', deep]]), 1)).toThrow(/loss|JSON/);
  });

  it('refuses several outputs under a loss with one', () => {
    expect(() => readOutcome(info('Logloss'), 2)).toThrow(/2 outputs under .*"Logloss"/);
  });
});
