import { describe, expect, it } from 'vitest';
import { OnnxSession } from '../../app/serving/onnx/onnx-session.js';
import { LINKS } from '../../app/model/ir/ir.js';
import type { Ir } from '../../app/model/ir/ir.js';
import { runPasses } from '../../app/model/ir/passes/run-passes.js';
import { constantIr } from '../../app/model/ir/testing/constant-ir.js';
import { Random, randomIr, randomRow } from '../../app/model/ir/testing/random-ir.js';
import { emitOnnx } from '../../app/model/onnx/emit-onnx.js';
import { encodeRows } from '../../app/model/onnx/encode-rows.js';
import { createInterpreter } from '../../app/model/reference/interpret.js';

const MODELS = 200;
const ROWS = 24;

describe('the emitted graph', () => {
  it('answers as the reference does, for random models as they are', async () => {
    for (let seed = 0; seed < MODELS; seed++) {
      const ir = randomIr(seed);
      await expectSameAnswers(ir, ir, seed);
    }
  });

  it('answers as the reference does, for random models after the passes', async () => {
    for (let seed = MODELS; seed < 2 * MODELS; seed++) {
      const ir = randomIr(seed);
      await expectSameAnswers(ir, runPasses(ir), seed);
    }
  });

  it('covers every kind of column, condition and link with those random models', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 2 * MODELS; seed++) {
      const ir = runPasses(randomIr(seed));
      ir.columns.forEach((column) => seen.add(column.kind));
      ir.ctrTables.forEach(({ conditions }) => {
        conditions.forEach((condition) => {
          const column = condition.kind === 'range' ? ir.columns[condition.column] : undefined;
          seen.add(`condition: ${column?.kind ?? condition.kind}`);
        });
      });
      ir.dictionaries.forEach(({ gramOrder, skip }) => seen.add(`gram ${gramOrder}/${skip}`));
      randomIr(seed).trees.forEach(({ kind }) => seen.add(kind));
      seen.add(ir.link);
    }
    const expected = ['float', 'one-hot', 'token', 'naive-bayes'];
    for (const kind of expected) expect(seen).toContain(`condition: ${kind}`);
    for (const kind of [...expected, 'ctr', 'condition: never']) expect(seen).toContain(kind);
    for (const kind of ['oblivious', 'binary']) expect(seen).toContain(kind);
    for (const link of LINKS) expect(seen).toContain(link);
    for (const gram of ['gram 1/0', 'gram 2/0', 'gram 2/1', 'gram 3/2']) {
      expect(seen).toContain(gram);
    }
  });

  it.each([
    ['no trees', constantIr({})],
    ['no trees but a bias', constantIr({ bias: [0.75], scale: 3 })],
    ['a tree without levels', constantIr({ trees: [leafTree(0.25), leafTree(-1)] })],
    [
      'no trees, and three classes',
      constantIr({ dimension: 3, bias: [1, 2, 3], link: 'softmax', classNames: ['a', 'b', 'c'] }),
    ],
  ])('answers each row of a model with %s', async (_, ir) => {
    await expectSameAnswers(ir, ir, 1);
    await expectSameAnswers(ir, runPasses(ir), 2);
  });
});

async function expectSameAnswers(ir: Ir, emitted: Ir, seed: number): Promise<void> {
  const random = new Random(seed);
  const rows = Array.from({ length: ROWS }, () => randomRow(random, ir));
  const { onnx, signature } = emitOnnx(emitted);
  const session = await OnnxSession.load(onnx);
  const { raw, probabilities } = await session.run(encodeRows(signature, rows));
  await session.release();
  const interpret = createInterpreter(ir);
  const expected = rows.map((row) => interpret(row));
  expect([...raw], `raw values, seed ${seed}`).toEqual(expected.flatMap((score) => score.raw));
  const wanted = expected.flatMap((score) => score.probabilities);
  expect(probabilities).toHaveLength(wanted.length);
  wanted.forEach((value, index) => {
    const difference = Math.abs((probabilities[index] ?? NaN) - value) / Math.max(1, value);
    expect(difference, `probability ${index}, seed ${seed}`).toBeLessThan(5e-14);
  });
}

function leafTree(value: number): Ir['trees'][number] {
  return { kind: 'oblivious', splits: [], leaves: Float64Array.of(value) };
}
