import { describe, expect, it } from 'vitest';
import { runPasses } from '../ir/passes/run-passes.js';
import { randomIr } from '../ir/testing/random-ir.js';
import { emitOnnx } from './emit-onnx.js';
import { GraphBuilder } from './graph-builder.js';
import { inspectOnnx } from './inspect-onnx.js';
import { readMetadata, readSignature, SIGNATURE_KEY } from './metadata.js';
import { parseSignature } from './parse-signature.js';

const { onnx, signature } = emitOnnx(runPasses(randomIr(12)));

function fileWith(metadata: readonly (readonly [string, string])[]): Uint8Array {
  return new GraphBuilder().toBytes({
    producerName: 'someone else',
    producerVersion: '1',
    graphName: 'g',
    metadata,
  });
}

describe('the metadata of a compiled file', () => {
  it('gives the signature back', () => {
    expect(readSignature(onnx)).toEqual(signature);
    expect(signature.sourceSha256).toBe('ab'.repeat(32));
  });

  it('says the main things in plain words too', () => {
    const entries = readMetadata(onnx);
    expect(entries.get('regno.source_sha256')).toBe(signature.sourceSha256);
    expect(entries.get('regno.compiler_version')).toBe(signature.compilerVersion);
    expect(entries.get('regno.class_names')).toBe(signature.classNames.join(', '));
  });

  it('is missing from files of other makers, which the error says', () => {
    expect(() => readSignature(fileWith([]))).toThrow(
      expect.objectContaining({ code: 'incompatible-model' }),
    );
  });

  it.each([
    ['nothing but text', new TextEncoder().encode('this is no model')],
    ['a file cut off in the middle', onnx.subarray(0, Math.floor(onnx.length / 2))],
    ['a file cut off in its metadata', onnx.subarray(0, onnx.length - 40)],
    ['bytes of 255', new Uint8Array(100).fill(255)],
  ])('cannot be read from %s', (_, bytes) => {
    expect(() => readSignature(bytes)).toThrow(expect.objectContaining({ code: 'damaged-model' }));
  });

  it.each(['', '{', 'null', '[]', '{}', '{"features":[{"kind":"image"}]}'])(
    'is refused where the signature is %j',
    (json) => {
      expect(() => readSignature(fileWith([[SIGNATURE_KEY, json]]))).toThrow(
        expect.objectContaining({ code: 'damaged-model' }),
      );
    },
  );

  /** Files of compiler 1.0.0 have none of these. */
  const added = ['labelType', 'threshold', 'loss', 'warnings'];

  it('is read from files of compiler 1.0.0', () => {
    const older = Object.entries(signature).filter(([name]) => !added.includes(name));
    const json = JSON.stringify(Object.fromEntries(older));
    expect(parseSignature(json)).toEqual(Object.fromEntries(older));
  });

  it.each([
    ['labelType', 'number'],
    ['threshold', '0.5'],
    ['loss', 1],
    ['warnings', 'none'],
    ['link', 'toString'],
    ['sourceSha256', 'ab'],
    ['sourceSha256', 'AB'.repeat(32)],
    ['compilerVersion', '1.0.0\u001b[2J'],
    ['sourceFormat', 'a\nb'],
    ['classNames', ['\u009b31m', 'b']],
    ['dimension', 0],
    ['dimension', 1.5],
    ['dimension', 1e9],
    ['threshold', -1],
    ['padToken', '9223372036854775808'],
    ['textSeeds', ['18446744073709551616']],
    ['features', [{ kind: 'float', name: 'a\u0007', index: 0 }]],
    ['features', [{ kind: 'float', name: 'a', index: -1 }]],
    ['features', [{ kind: 'float', name: 'a', index: 1 }]],
    ['features', [0, 0].map((index) => ({ kind: 'float', name: 'a', index }))],
    ['features', [{ kind: 'float', name: 'a'.repeat(5000), index: 0 }]],
    ['features', [{ kind: 'float', name: 'a', index: '0' }]],
  ])('is refused where %s is %j', (field, value) => {
    const json = JSON.stringify({ ...signature, [field]: value });
    expect(() => parseSignature(json)).toThrow(expect.objectContaining({ code: 'damaged-model' }));
  });

  it('has a bound on features, whatever the file states', () => {
    const features = Array.from({ length: 200_001 }, (_, index) => ({
      kind: 'float' as const,
      name: `f${index}`,
      index,
    }));
    const limit = expect.objectContaining({ code: 'limit-exceeded' }) as unknown;
    const one = { ...signature, textSeeds: [], features: features.slice(1) };
    expect(() => parseSignature(JSON.stringify({ ...one, features }))).toThrow(limit);
    expect(() => emitOnnx({ ...randomIr(12), features })).toThrow(limit);
  });

  it('cannot be made for names with control characters', () => {
    const ir = randomIr(12);
    const features = ir.features.map((feature, i) =>
      i === 0 ? { ...feature, name: 'a\u001b[31m' } : feature,
    );
    expect(() => emitOnnx({ ...ir, features })).toThrow(/"a\\u001b\[31m".*other names/);
  });

  it('is refused where any field of the signature is missing', () => {
    for (const field of Object.keys(signature).filter((name) => !added.includes(name))) {
      const rest = Object.entries(signature).filter(([name]) => name !== field);
      expect(() => parseSignature(JSON.stringify(Object.fromEntries(rest))), field).toThrow();
    }
  });
});

describe('the inspection of a compiled file', () => {
  it('names operators, tensors, operator sets and the size of the trees', () => {
    const report = inspectOnnx(onnx);
    expect(report.operators.get('TreeEnsemble')).toBe(1);
    expect(report.opsets).toEqual(
      new Map([
        ['ai.onnx', 21],
        ['ai.onnx.ml', 5],
      ]),
    );
    expect(report.outputs.map(({ name, elementType }) => [name, elementType])).toEqual([
      ['probabilities', 'double'],
      ['raw', 'double'],
    ]);
    expect(report.inputs[0]?.dims[0]).toBe('N');
    expect(report.trees).toBeGreaterThan(0);
    expect(report.treeNodes).toBeGreaterThanOrEqual(report.trees);
    expect(report.bytes).toBe(onnx.length);
    expect(report.signature).toEqual(signature);
  });

  it('names damage in the graph', () => {
    const damaged = Uint8Array.from(onnx);
    // The graph is the largest part of the file; its middle is overwritten with wrong tags.
    damaged.fill(255, 60, 160);
    expect(() => inspectOnnx(damaged)).toThrow(expect.objectContaining({ code: 'damaged-model' }));
  });
});
