import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.js';
import { LOSS_LINKS, readOutcome } from './loss-link.js';

function info(loss: string): Map<string, string> {
  return new Map([['params', JSON.stringify({ loss_function: { type: loss } })]]);
}

describe('the table of losses in docs/compiler.md', () => {
  it('has each loss once, with its link', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/compiler.md'), 'utf8');
    const documented = text.split('\n').flatMap((line) => {
      const [, losses = '', link] = /^\| ([\w ,]+) \| `([\w-]+)` \|/.exec(line) ?? [];
      const single = losses.endsWith(' with one label');
      return losses === '' || single ? [] : losses.split(', ').map((loss) => [loss, link]);
    });
    const known = documented.filter(([loss = '']) => !loss.includes(' '));
    expect(known.sort()).toEqual([...LOSS_LINKS].filter(([loss]) => !isCustom(loss)).sort());
  });

  /** The objectives of one's own, which the table sums up. */
  function isCustom(loss: string): boolean {
    return loss.startsWith('User') || loss.startsWith('PythonUser');
  }
});

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

  it.each([
    ['Poisson', 1, 'exponent'],
    ['Tweedie', 1, 'exponent'],
    ['RMSEWithUncertainty', 2, 'mean-and-variance'],
    ['MultiLogloss', 1, 'sigmoid'],
    ['MultiCrossEntropy', 1, 'sigmoid'],
    ['LogLinQuantile', 1, 'identity'],
    ['GroupQuantile', 1, 'identity'],
    ['SurvivalAft', 1, 'identity'],
    ['Cox', 1, 'identity'],
    ['YetiRank', 1, 'identity'],
    ['PairLogitPairwise', 1, 'identity'],
    ['PythonUserDefinedPerObject', 1, 'identity'],
    ['PythonUserDefinedMultiTarget', 3, 'identity'],
  ])('answers under %s with %s outputs what CatBoost predicts', (loss, dimension, link) => {
    expect(readOutcome(info(loss), dimension)).toMatchObject({ loss, link, warnings: [] });
  });

  it('gives raw values under an unknown loss, and says so', () => {
    expect(readOutcome(info('Novel'), 2)).toMatchObject({
      link: 'identity',
      classNames: [],
      warnings: [
        'the loss function "Novel" is not known: the answers are raw values, no probabilities',
      ],
    });
  });

  it.each([
    [new Map<string, string>()],
    [new Map([['params', '[1]']])],
    [new Map([['params', '']])],
  ])('gives raw values where no loss is named, and says so', (metadata) => {
    const { link, warnings } = readOutcome(metadata, 1);
    expect(link).toBe('identity');
    expect(warnings).toEqual([expect.stringMatching(/names no loss function: .* raw values/)]);
  });

  it('says of a sum of models with different losses that it is one', () => {
    const summed = new Map([
      ['params', ''],
      ['class_params', '{"class_names":[0,1],"class_to_label":[0,1]}'],
      ['model0:params', '{"loss_function":{"type":"Logloss"}}'],
      ['model1:model0:params', '{"loss_function":{"type":"RMSE"}}'],
    ]);
    expect(readOutcome(summed, 1)).toMatchObject({
      link: 'identity',
      warnings: [expect.stringContaining('a sum of models with different losses (Logloss, RMSE)')],
    });
  });

  it('asks no regression for its classes', () => {
    const odd = new Map([...info('RMSE'), ['class_params', '{"class_names":["a","b","c"]}']]);
    expect(readOutcome(odd, 1)).toMatchObject({ classNames: [], columns: [0], width: 1 });
  });

  it('takes a loss that is written as one string', () => {
    const metadata = new Map([['params', '{"loss_function":"Quantile:alpha=0.1"}']]);
    expect(readOutcome(metadata, 1)).toMatchObject({ loss: 'Quantile', warnings: [] });
  });

  it.each([
    ['0.83', 0.83],
    ['1e-3', 0.001],
    ['0', 0],
  ])('reads the threshold %s', (text, threshold) => {
    const metadata = new Map([...info('Logloss'), ['binclass_probability_threshold', text]]);
    expect(readOutcome(metadata, 1)).toMatchObject({ threshold, warnings: [] });
  });

  it.each(['1.5', '-1', '1e999'])('takes 1 for the threshold %s, and says so', (text) => {
    const metadata = new Map([...info('Logloss'), ['binclass_probability_threshold', text]]);
    const { threshold, warnings } = readOutcome(metadata, 1);
    expect(threshold).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('no number from 0 to 1: 1 is taken')]);
  });

  it('keeps control characters out of what it says', () => {
    const metadata = new Map([
      ...info('\u001b[31m\u009b'),
      ['binclass_probability_threshold', '\u009b'],
    ]);
    const outcome = readOutcome(metadata, 1);
    expect(outcome.warnings).toHaveLength(2);
    expect([outcome.loss, ...outcome.warnings].join('')).not.toMatch(/\p{Cc}/u);
  });

  it.each(['', 'abc', 'NaN', '0,5', '0x1'])(
    'takes 0.5 for the threshold %j, and says so',
    (text) => {
      const metadata = new Map([...info('Logloss'), ['binclass_probability_threshold', text]]);
      const { threshold, warnings } = readOutcome(metadata, 1);
      expect(threshold).toBe(0.5);
      expect(warnings).toEqual([expect.stringContaining('binclass_probability_threshold is')]);
    },
  );

  it('takes the loss of models that were summed up', () => {
    const summed = new Map([['loss_function', '{"type":"RMSE","params":{}}']]);
    expect(readOutcome(summed, 1).loss).toBe('RMSE');
  });

  it('ends in an answer or a named error where metadata are nested deeply', () => {
    const deep = new Map([['params', '['.repeat(1e5) + ']'.repeat(1e5)]]);
    try {
      expect(readOutcome(deep, 1).link).toBe('identity');
    } catch (error) {
      expect(error).toBeInstanceOf(ModelError);
    }
  });

  it('refuses metadata that are not JSON', () => {
    expect(() => readOutcome(new Map([['params', '{']]), 1)).toThrow(/"params" are not JSON/);
  });

  it.each([
    ['Logloss', 2, 1],
    ['Poisson', 2, 1],
    ['RMSEWithUncertainty', 1, 2],
  ])('refuses %s with %i outputs, expecting %i', (loss, dimension, expected) => {
    expect(() => readOutcome(info(loss), dimension)).toThrow(
      `${dimension} outputs under the loss function "${loss}", expected ${expected}`,
    );
  });
});
