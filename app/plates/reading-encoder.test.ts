import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cityHash64 } from '../model/hash/city-hash-64.js';
import { murmurHash64A } from '../model/hash/murmur-hash-64a.js';
import type { FeatureRow } from '../model/ir/ir.js';
import { encodeRows } from '../model/onnx/encode-rows.js';
import type { EncodedBatch, ModelSignature } from '../model/onnx/signature.js';
import { PICK_REGNO_FEATURES, pickRegnoFeatures, toFeatureRow } from './pick-regno-features.js';
import { ReadingEncoder } from './reading-encoder.js';
import type { Reading } from './reading.js';

/** A model over the features of these names, in this order. */
function signatureOver(names: readonly string[], textSeeds: readonly string[]): ModelSignature {
  const counts = { float: 0, categorical: 0, text: 0 };
  const features = names.map((name) => {
    const kind = PICK_REGNO_FEATURES.get(name) ?? 'float';
    return { kind, name, index: counts[kind]++ };
  });
  return {
    features,
    classNames: ['0', '1'],
    dimension: 1,
    link: 'sigmoid',
    textSeeds,
    padToken: '-2',
    sourceSha256: '',
    sourceFormat: 'catboost-cbm',
    compilerVersion: '1',
  };
}

const ALL_NAMES = [...PICK_REGNO_FEATURES.keys()];
const SIGNATURE = signatureOver(ALL_NAMES, ['0', '18364758544493064720']);

/** The tensors by the definition in signature.ts, with exact hashes: slow and plain. */
function encodePlainly(signature: ModelSignature, rows: readonly FeatureRow[]): EncodedBatch {
  const columnOf = (kind: string): number[] =>
    signature.features.flatMap((feature, column) => (feature.kind === kind ? [column] : []));
  const strings = (column: number): string[] => rows.map((row) => String(row[column]));
  const words = (hashes: readonly bigint[]): Uint32Array =>
    new Uint32Array(BigInt64Array.from(hashes, (hash) => BigInt.asIntN(64, hash)).buffer);
  const utf8 = new TextEncoder();
  return {
    rows: rows.length,
    numeric: Float32Array.from(
      rows.flatMap((row) => columnOf('float').map((column) => Number(row[column]))),
    ),
    categoryHash: words(
      rows.flatMap((row) =>
        columnOf('categorical').map((column) =>
          BigInt.asIntN(32, cityHash64(utf8.encode(String(row[column])))),
        ),
      ),
    ),
    texts: columnOf('text').map((column, text) => {
      const tokens = strings(column).map((value) => value.split(' ').filter((part) => part !== ''));
      const width = Math.max(1, ...tokens.map((list) => list.length));
      const seed = BigInt(signature.textSeeds[text]!);
      return {
        width,
        words: words(
          tokens.flatMap((list) =>
            Array.from({ length: width }, (_, i) => {
              const token = list[i];
              return token === undefined
                ? BigInt(signature.padToken)
                : murmurHash64A(utf8.encode(token), seed);
            }),
          ),
        ),
      };
    }),
  };
}

function bits(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}

function expectSameBatch(batch: EncodedBatch, expected: EncodedBatch): void {
  expect(batch.rows).toBe(expected.rows);
  expect(bits(batch.numeric)).toEqual(bits(expected.numeric));
  expect(batch.categoryHash).toEqual(expected.categoryHash);
  expect(batch.texts).toEqual(expected.texts);
}

function expectPlainEqual(signature: ModelSignature, encoder: ReadingEncoder, readings: Reading[]) {
  const rows = readings.map((reading) =>
    toFeatureRow(signature.features, pickRegnoFeatures(reading)),
  );
  const batch = encoder.encode(readings);
  expectSameBatch(batch, encodePlainly(signature, rows));
  expectSameBatch(batch, encodeRows(signature, rows));
}

const plate = fc.oneof(
  fc
    .array(fc.constantFrom(...Array.from('0123456789DАВЕКМНОРСТУХABCT_ Ё٣𝟗😀中')), {
      maxLength: 14,
    })
    .map((symbols) => symbols.join('')),
  fc.constantFrom('', ' ', '  ', '77777777', 'А123ВС77', 'А123ВС777', '001CD002', 'TАВ12345'),
  fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !/\p{Surrogate}/u.test(text)),
);

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, -0, 1, 0.1, 1e39, -1e39, 1e-46),
);

const scores = fc.array(number, { minLength: 1, maxLength: 20 });
const camera = fc.oneof(fc.constantFrom('', 'Стационарная', 'Форсаж', 'a'), plate);

const reading: fc.Arbitrary<Reading> = fc.record({
  regnoRecognize: plate,
  aftsRegnoAi: plate,
  recognitionAccuracy: number,
  aftsRegnoAiScore: number,
  charScores: scores,
  lengthScores: scores,
  cameraType: camera,
  cameraClass: camera,
  time: fc.record({
    year: fc.integer({ min: 1, max: 9999 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 28 }),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    second: fc.integer({ min: 0, max: 59 }),
  }),
  direction: number,
});

describe('ReadingEncoder', () => {
  it('gives the tensors of the plain features bit for bit, batch after batch', () => {
    const encoder = new ReadingEncoder(SIGNATURE);
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 8 }), (readings) => {
        expectPlainEqual(SIGNATURE, encoder, readings);
      }),
      { numRuns: 500 },
    );
  });

  it("follows the model's own order and choice of features", () => {
    const order = fc
      .shuffledSubarray(ALL_NAMES, { minLength: 1 })
      // Features of digits alone are taken for positions.
      .filter((names) => names.some((name) => !/^\d+$/.test(name)));
    const batch = fc.array(reading, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        order,
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        batch,
        (names, seed, list) => {
          const signature = signatureOver(names, [String(seed), '7']);
          expectPlainEqual(signature, new ReadingEncoder(signature), list);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('hands out views that an i64 tensor can be laid over', () => {
    const encoder = new ReadingEncoder(SIGNATURE);
    const batch = encoder.encode(fc.sample(reading, { seed: 1, numRuns: 3 }));
    for (const words of [batch.categoryHash, ...batch.texts.map((text) => text.words)]) {
      const hashes = new BigInt64Array(
        words.buffer as ArrayBuffer,
        words.byteOffset,
        words.length / 2,
      );
      expect(hashes.length * 2).toBe(words.length);
    }
  });

  it('takes an empty batch', () => {
    const batch = new ReadingEncoder(SIGNATURE).encode([]);
    expect([batch.rows, batch.numeric.length, batch.categoryHash.length]).toEqual([0, 0, 0]);
    expect(batch.texts.map((text) => [text.width, text.words.length])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('refuses a model that pick_regno cannot feed, and one without seeds for its texts', () => {
    expect(() => new ReadingEncoder(signatureOver(['colour'], []))).toThrow(/"colour" \(float\)/);
    expect(() => new ReadingEncoder(signatureOver(['afts_regno_ai_text'], []))).toThrow(/seed/);
  });
});
