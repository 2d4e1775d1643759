import { describe, expect, it } from 'vitest';

import { ModelError } from '../model/errors.js';
import {
  PICK_REGNO_FEATURES,
  SYMBOL_FEATURES,
  assertPickRegnoModel,
  pickRegnoFeatures,
  toFeatureRow,
} from './pick-regno-features.js';
import type { Reading } from './reading.js';

const READING: Reading = {
  regnoRecognize: 'А123ВС77',
  aftsRegnoAi: 'А8_8ВС😀7',
  recognitionAccuracy: 82.5,
  aftsRegnoAiScore: 0.75,
  charScores: [0.9, 0.8, 0.7, 0.6, 0.95, 0.96],
  lengthScores: [0.1, 0.5, 0.2],
  cameraType: 'Стационарная',
  cameraClass: ' x ',
  time: { year: 2024, month: 6, day: 14, hour: 8, minute: 30, second: 15 },
  direction: 1,
};

function featuresOf(change: Partial<Reading>): Record<string, number | string> {
  return Object.fromEntries(pickRegnoFeatures({ ...READING, ...change }));
}

describe('pickRegnoFeatures', () => {
  it('makes the features of its table, of their kinds, in its order', () => {
    const features = pickRegnoFeatures(READING);
    expect([...features.keys()]).toEqual([...PICK_REGNO_FEATURES.keys()]);
    expect(features.size).toBe(41);
    for (const [name, kind] of PICK_REGNO_FEATURES) {
      expect(typeof features.get(name)).toBe(kind === 'float' ? 'number' : 'string');
    }
  });

  it('makes each of them by its rule', () => {
    const { ...features } = featuresOf({});
    expect(features).toMatchObject({
      afts_regno_ai_score: 0.75,
      direction: 1,
      recognition_accuracy: 82.5,
      max_sym_score: 0.96,
      min_sym_score: 0.6,
      max_len_score: 0.5,
      ai_len: 8,
      cam_len: 8,
      foreign_sym: Number.NaN,
      hour: 8,
      camera_type: 'Стационарная',
      camera_class: ' x ',
      weekday: 'Friday',
      month: 'June',
      regno_template: 'private car',
      regno_template_ai: 'unknown',
      afts_regno_ai_text: 'А 8 _ 8 В С 😀 7',
      regno_recognize_text: 'А 1 2 3 В С 7 7',
    });
  });

  it("keeps a symbol's lowest score, 1 for absent ones, up to the shorter list", () => {
    const features = featuresOf({});
    const present = { А: 0.9, '8': 0.6, В: 0.95, С: 0.96 };
    for (const symbol of SYMBOL_FEATURES) {
      expect([symbol, features[symbol]]).toEqual([symbol, { ...present }[symbol] ?? 1]);
    }
  });

  it('pairs by code point, so that a symbol outside the BMP takes one score', () => {
    expect(featuresOf({ aftsRegnoAi: '😀7', charScores: [0.1, 0.2] })['7']).toBe(0.2);
  });

  it('keeps scores above 1 and below 0', () => {
    const features = featuresOf({ aftsRegnoAi: '77А', charScores: [3, 2, -1] });
    expect([features['7'], features['А']]).toEqual([2, -1]);
  });

  it('does not take the Latin look-alikes of the Cyrillic symbols', () => {
    const features = featuresOf({ aftsRegnoAi: 'ABEKMHOPCTYX', charScores: [0.1] });
    expect(SYMBOL_FEATURES.map((symbol) => features[symbol])).toEqual(SYMBOL_FEATURES.map(() => 1));
  });

  it('makes something of empty plates and of scores without symbols', () => {
    expect(featuresOf({ aftsRegnoAi: '', charScores: [0] })).toMatchObject({
      ai_len: 0,
      max_sym_score: 0,
      afts_regno_ai_text: '',
      regno_template_ai: 'unknown',
      '0': 1,
    });
  });
});

describe('toFeatureRow', () => {
  const order = [
    { kind: 'text', name: 'b', index: 0 },
    { kind: 'float', name: 'a', index: 0 },
  ] as const;

  it("follows the model's order", () => {
    const features = new Map<string, number | string>([
      ['a', 1],
      ['b', 'x'],
      ['c', 2],
    ]);
    expect(toFeatureRow(order, features)).toEqual(['x', 1]);
  });

  it('refuses a feature that is not there', () => {
    expect(() => toFeatureRow(order, new Map([['b', 'x']]))).toThrow(/"a" is not made/);
  });
});

describe('assertPickRegnoModel', () => {
  it('takes a model over the features in any order, or over some of them', () => {
    const features = [...PICK_REGNO_FEATURES].map(([name, kind]) => ({ name, kind, index: 0 }));
    expect(() => assertPickRegnoModel({ features: features.reverse() })).not.toThrow();
    expect(() => assertPickRegnoModel({ features: features.slice(0, 3) })).not.toThrow();
  });

  it.each([
    ['columns without names', ['0', '1', '2']],
    ['no feature at all', []],
    ['a feature that stands there twice', ['hour', 'direction', 'hour']],
  ])('refuses %s', (_what, names) => {
    const features = names.map((name, index) => ({ name, kind: 'float' as const, index }));
    expect(() => assertPickRegnoModel({ features })).toThrow(/no names|"hour" stands there twice/);
  });

  it('names every feature that pick_regno does not make, or makes as another kind', () => {
    const features = [
      { name: 'hour', kind: 'float', index: 0 },
      { name: 'colour', kind: 'float', index: 1 },
      { name: 'weekday', kind: 'text', index: 0 },
    ] as const;
    let thrown: unknown;
    try {
      assertPickRegnoModel({ features });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ModelError);
    expect(thrown).toMatchObject({
      code: 'incompatible-model',
      message: expect.stringMatching(
        /"colour" \(float\) is not made; "weekday" is made as categorical, not text\. Expected/,
      ) as string,
    });
  });
});
