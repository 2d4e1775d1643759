import { describe, expect, it } from 'vitest';
import type { Reading } from './reading.js';
import { readingKey } from './reading-key.js';

const READING: Reading = {
  regnoRecognize: 'А123ВС77',
  aftsRegnoAi: 'А123ВС777',
  recognitionAccuracy: 82.5,
  aftsRegnoAiScore: 0.97,
  charScores: [0.5, 1],
  lengthScores: [0.25],
  cameraType: 'a',
  cameraClass: 'b',
  time: { year: 2024, month: 6, day: 14, hour: 8, minute: 30, second: 15 },
  direction: 0,
};
const MODEL = { digest: 'a'.repeat(64), compilerVersion: '1.0.0' };

describe('readingKey', () => {
  it('is the same for the same reading and model, and shows nothing of either', () => {
    const key = readingKey(MODEL, { ...READING, charScores: [...READING.charScores] });
    expect(key).toBe(readingKey(MODEL, READING));
    expect(key).toMatch(/^regno:2:[\w-]{43}$/);
  });

  const others: readonly (readonly [string, Partial<Reading>])[] = [
    ['camera reading', { regnoRecognize: 'А123ВС78' }],
    ['network reading', { aftsRegnoAi: 'A123ВС777' }],
    ['accuracy', { recognitionAccuracy: 82.50000000000001 }],
    ['score', { aftsRegnoAiScore: 0.9700000000000001 }],
    ['symbol scores', { charScores: [1, 0.5] }],
    ['symbol scores that move to the other list', { charScores: [0.5], lengthScores: [1, 0.25] }],
    ['length scores', { lengthScores: [0.25, 0.25] }],
    ['texts that add up to the same', { cameraType: 'ab', cameraClass: '' }],
    ['texts with a quote', { cameraType: 'a","b', cameraClass: '' }],
    ['second', { time: { ...READING.time, second: 16 } }],
    ['negative zero', { direction: -0 }],
  ];
  it.each(others)('differs by the %s', (_what, change) => {
    expect(readingKey(MODEL, { ...READING, ...change })).not.toBe(readingKey(MODEL, READING));
  });

  it('differs by the graph and by the compiler', () => {
    const key = readingKey(MODEL, READING);
    expect(readingKey({ ...MODEL, digest: 'b'.repeat(64) }, READING)).not.toBe(key);
    expect(readingKey({ ...MODEL, compilerVersion: '1.0.1' }, READING)).not.toBe(key);
  });
});
