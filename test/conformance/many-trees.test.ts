import { describe, expect, it } from 'vitest';
import { OnnxSession } from '../../app/serving/onnx/onnx-session.js';
import type { Ir, ObliviousTree } from '../../app/model/ir/ir.js';
import { Random } from '../../app/model/ir/testing/random-ir.js';
import { emitOnnx } from '../../app/model/onnx/emit-onnx.js';
import { encodeRows } from '../../app/model/onnx/encode-rows.js';
import { inspectOnnx } from '../../app/model/onnx/inspect-onnx.js';
import { createInterpreter } from '../../app/model/reference/interpret.js';

const FEATURES = 6;

/** Trees of depth 2 with leaves of very unequal size, whose sum depends on the order of adding. */
function randomTrees(random: Random, count: number, dimension: number): ObliviousTree[] {
  return Array.from({ length: count }, () => ({
    kind: 'oblivious',
    splits: Array.from({ length: 2 }, () => ({
      column: random.below(FEATURES),
      border: Math.fround(random.next()),
    })),
    leaves: Float64Array.from(
      { length: 4 * dimension },
      () => (random.next() - 0.5) * 10 ** (random.below(9) - 4),
    ),
  }));
}

function modelOf(trees: number, dimension: number): Ir {
  const random = new Random(trees + dimension);
  const isClassifier = dimension > 1;
  return {
    features: Array.from({ length: FEATURES }, (_, index) => {
      return { kind: 'float', name: `x${index}`, index };
    }),
    columns: Array.from({ length: FEATURES }, (_, feature) => {
      return { kind: 'float', feature, missing: 'below' };
    }),
    ctrTables: [],
    dictionaries: [],
    naiveBayes: [],
    trees: randomTrees(random, trees, dimension),
    dimension,
    scale: 1,
    bias: new Array<number>(dimension).fill(0),
    link: isClassifier ? 'softmax' : 'identity',
    classNames: isClassifier ? Array.from({ length: dimension }, (_, c) => String(c)) : [],
    source: { format: 'catboost-cbm', sha256: '00'.repeat(32), loss: '' },
  };
}

describe('models of many trees', () => {
  it.each([
    { trees: 4096, dimension: 1, operators: 1 },
    { trees: 4097, dimension: 1, operators: 2 },
    { trees: 9000, dimension: 1, operators: 3 },
    { trees: 4100, dimension: 2, operators: 4 },
    { trees: 1000, dimension: 4, operators: 1 },
    { trees: 1000, dimension: 9, operators: 3 },
    { trees: 50, dimension: 300, operators: 4 },
  ])(
    'add each leaf in order, to the bit: $trees trees, $dimension outputs',
    async ({ trees, dimension, operators }) => {
      const ir = modelOf(trees, dimension);
      const { onnx, signature } = emitOnnx(ir);
      expect(inspectOnnx(onnx).operators.get('TreeEnsemble')).toBe(operators);
      const random = new Random(1);
      const rows = Array.from({ length: 5 }, () => Array.from(ir.features, () => random.next()));
      const session = await OnnxSession.load(onnx);
      const { raw } = await session.run(encodeRows(signature, rows));
      await session.release();
      const interpret = createInterpreter(ir);
      expect([...raw]).toEqual(rows.flatMap((row) => interpret(row).raw));
    },
  );

  it('load in a time that grows as they do, in classes and in trees', async () => {
    await loadTime(modelOf(100, 2));
    const classes = [await loadTime(modelOf(300, 10)), await loadTime(modelOf(300, 80))];
    expect(classes[1]! / classes[0]!).toBeLessThan(20);
    const trees = [await loadTime(modelOf(4000, 1)), await loadTime(modelOf(32_000, 1))];
    expect(trees[1]! / trees[0]!).toBeLessThan(20);
  });
});

/** CPU milliseconds, which other processes do not disturb. */
async function loadTime(ir: Ir): Promise<number> {
  const { onnx } = emitOnnx(ir);
  const before = process.cpuUsage();
  const session = await OnnxSession.load(onnx);
  const { user, system } = process.cpuUsage(before);
  await session.release();
  return (user + system) / 1000;
}
