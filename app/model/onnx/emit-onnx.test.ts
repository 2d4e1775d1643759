import { describe, expect, it } from 'vitest';
import { runPasses } from '../ir/passes/run-passes.js';
import { constantIr } from '../ir/testing/constant-ir.js';
import { randomIr } from '../ir/testing/random-ir.js';
import { emitOnnx } from './emit-onnx.js';
import { inspectOnnx } from './inspect-onnx.js';

describe('the emitted graph', () => {
  it('gives the same bytes for the same model', () => {
    const first = emitOnnx(runPasses(randomIr(7)));
    const second = emitOnnx(runPasses(randomIr(7)));
    expect(Buffer.compare(first.onnx, second.onnx)).toBe(0);
  });

  it('has no operators for parts that the model lacks', () => {
    const ir = constantIr({
      features: [{ kind: 'float', name: 'x', index: 0 }],
      columns: [{ kind: 'float', feature: 0, missing: 'below' }],
      trees: [
        { kind: 'oblivious', splits: [{ column: 0, border: 1 }], leaves: Float64Array.of(1, 2) },
      ],
      link: 'identity',
      classNames: [],
    });
    expect([...inspectOnnx(emitOnnx(ir).onnx).operators]).toEqual([
      ['Cast', 1],
      ['Identity', 1],
      ['TreeEnsemble', 1],
    ]);
  });

  it('refuses dictionaries of one text with unequal seeds', () => {
    const dictionary = {
      feature: 0,
      wordHashes: BigUint64Array.of(1n),
      gramOrder: 1,
      skip: 0,
      grams: [[0]],
    };
    const ir = constantIr({
      dictionaries: [
        { ...dictionary, seed: 1n },
        { ...dictionary, seed: 2n },
      ],
    });
    expect(() => emitOnnx(ir)).toThrow(/seeds 1 and 2/);
  });
});
