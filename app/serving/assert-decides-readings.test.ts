import { describe, expect, it } from 'vitest';
import { ModelError } from '../model/errors.js';
import { PICK_REGNO_FEATURES } from '../plates/pick-regno-features.js';
import type { ModelSignature } from '../model/onnx/signature.js';
import { assertDecidesReadings } from './assert-decides-readings.js';

type Stated = Parameters<typeof assertDecidesReadings>[0];

const features: ModelSignature['features'] = [...PICK_REGNO_FEATURES].map(
  ([name, kind], index) => ({ name, kind, index }),
);
const GOOD: Stated = { features, classNames: ['0', '1'], link: 'sigmoid', dimension: 1 };

describe('assertDecidesReadings', () => {
  it.each([
    ['0', '1'],
    ['0.0', '1.0'],
    ['-1', '1'],
    ['False', 'True'],
    ['negative', 'positive'],
  ])('takes the classes %s and %s', (...classNames) => {
    expect(() => assertDecidesReadings({ ...GOOD, classNames })).not.toThrow();
    const softmax = { ...GOOD, classNames, link: 'softmax', dimension: 2 } as const;
    expect(() => assertDecidesReadings(softmax)).not.toThrow();
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
    [
      'columns without names',
      { features: [0, 1, 2].map((i) => ({ name: `${i}`, kind: 'float', index: i })) },
      /no names but their positions/,
    ],
    [
      'too many columns',
      { features: [...features, { name: 'speed', kind: 'float', index: 33 }] },
      /"speed" \(float\) is not made/,
    ],
    [
      'a feature of another kind',
      { features: [{ name: 'hour', kind: 'categorical', index: 0 }] },
      /"hour" is made as float, not categorical/,
    ],
  ])('refuses %s', (_what, change, message) => {
    const attempt = () => assertDecidesReadings({ ...GOOD, ...change });
    expect(attempt).toThrow(ModelError);
    expect(attempt).toThrow(message);
  });
});
