import { describe, expect, it } from 'vitest';
import { ModelError } from '../model/errors.js';
import { assertTwoClasses } from './assert-two-classes.js';

type Stated = Parameters<typeof assertTwoClasses>[0];

const GOOD: Stated = { classNames: ['0', '1'], link: 'sigmoid', dimension: 1 };

describe('assertTwoClasses', () => {
  it.each([
    ['0', '1'],
    ['0.0', '1.0'],
    ['-1', '1'],
    ['False', 'True'],
    ['negative', 'positive'],
  ])('takes the classes %s and %s', (...classNames) => {
    expect(() => assertTwoClasses({ ...GOOD, classNames })).not.toThrow();
    const softmax = { ...GOOD, classNames, link: 'softmax', dimension: 2 } as const;
    expect(() => assertTwoClasses(softmax)).not.toThrow();
  });

  it.each<[string, Partial<Stated>, RegExp]>([
    [
      'three classes',
      { classNames: ['0', '1', '2'], link: 'softmax', dimension: 3 },
      /3 classes and 3 outputs \(softmax\); expected two classes/,
    ],
    ['one class', { classNames: ['0'], link: 'softmax', dimension: 1 }, /1 classes/],
    ['regression', { classNames: [], link: 'identity' }, /no classes and 1 outputs \(identity\)/],
    [
      'two labels that may both be true',
      { link: 'one-vs-all', dimension: 2 },
      /add up to 1, as the losses Logloss/,
    ],
    ['outputs that do not fit the link', { dimension: 2 }, /2 outputs \(sigmoid\)/],
    ['classes the other way round', { classNames: ['1', '0'] }, /classes are "1", "0"; expected 0/],
    ['labels of unknown meaning', { classNames: ['camera', 'network'] }, /"camera", "network"/],
  ])('refuses %s', (_what, change, message) => {
    const attempt = () => assertTwoClasses({ ...GOOD, ...change });
    expect(attempt).toThrow(ModelError);
    expect(attempt).toThrow(message);
  });
});
