import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { OnnxSession } from '../../app/serving/onnx/onnx-session.js';
import { compileCatBoost } from '../../app/model/compile-catboost.js';
import { parseReading } from '../../app/plates/parse-reading.js';
import { pickRegnoFeatures, toFeatureRow } from '../../app/plates/pick-regno-features.js';
import type { FeatureRow } from '../../app/model/ir/ir.js';
import { Random, randomIr, randomRow } from '../../app/model/ir/testing/random-ir.js';
import { emitOnnx } from '../../app/model/onnx/emit-onnx.js';
import { expectSameInAnyBatch } from './batches.js';

const FIXTURES = join(import.meta.dirname, '../fixtures/cbm');
const SHIPPED = join(import.meta.dirname, '../../models/pick-regno');

describe("a row's answer does not depend on the rows beside it", () => {
  it('in the shipped model', async () => {
    const { onnx, signature } = compileCatBoost(readFileSync(join(SHIPPED, 'model.cbm')));
    const lines = readFileSync(join(SHIPPED, 'golden.ndjson'), 'utf8').trim().split('\n');
    const rows = lines.map((line) => {
      const { input } = JSON.parse(line) as { input: unknown };
      const parsed = parseReading(input);
      if (!parsed.ok) throw new Error(`unreadable reading: ${line}`);
      return toFeatureRow(signature.features, pickRegnoFeatures(parsed.reading));
    });
    const session = await OnnxSession.load(onnx);
    await expectSameInAnyBatch(session, signature, rows);
    await session.release();
  });

  it.each([
    'everything',
    'one-hot-beside-text',
    'long-grams',
    'three-classes',
    'regression',
    'lossguide',
    'depthwise-classes',
    'ctr-counter',
  ])('in a model of CatBoost: %s', async (name) => {
    const { onnx, signature } = compileCatBoost(readFileSync(join(FIXTURES, `${name}.cbm`)));
    const lines = readFileSync(join(FIXTURES, `${name}.ndjson`), 'utf8')
      .trim()
      .split('\n');
    const rows = lines.map((line): FeatureRow => {
      const { row } = JSON.parse(line) as { row: (number | string | null)[] };
      return row.map((value) => value ?? NaN);
    });
    const session = await OnnxSession.load(onnx);
    await expectSameInAnyBatch(session, signature, rows);
    await session.release();
  });

  it('in random models', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const ir = randomIr(seed);
      const random = new Random(seed);
      const rows = Array.from({ length: 23 }, () => randomRow(random, ir));
      const { onnx, signature } = emitOnnx(ir);
      const session = await OnnxSession.load(onnx);
      await expectSameInAnyBatch(session, signature, rows);
      await session.release();
    }
  });
});
