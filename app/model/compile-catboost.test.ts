import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPILE_STAGES, compileCatBoost } from './compile-catboost.js';
import { parseReading } from '../plates/parse-reading.js';
import { pickRegnoFeatures, toFeatureRow } from '../plates/pick-regno-features.js';
import { readSignature } from './onnx/metadata.js';
import { createInterpreter } from './reference/interpret.js';

const MODEL = join(import.meta.dirname, '../../models/pick-regno');
const source = readFileSync(join(MODEL, 'model.cbm'));

interface Golden {
  readonly input: unknown;
  readonly expected: { readonly negative: number; readonly positive: number };
}

describe('compiling the shipped model', () => {
  it('reports each stage before it starts, in order', () => {
    const stages: string[] = [];
    compileCatBoost(source, { onStage: (stage) => stages.push(stage) });
    expect(stages).toEqual(COMPILE_STAGES);
  });

  it('writes its signature into the file, with the digest of the source', () => {
    const { onnx, signature } = compileCatBoost(source);
    expect(readSignature(onnx)).toEqual(signature);
    expect(signature.sourceSha256).toBe(createHash('sha256').update(source).digest('hex'));
    expect(signature.features.length).toBeGreaterThan(0);
  });

  it('gives the same bytes each time', () => {
    expect(Buffer.compare(compileCatBoost(source).onnx, compileCatBoost(source).onnx)).toBe(0);
  });

  it('keeps the model as it was read, which answers the golden readings as CatBoost does', () => {
    const { ir, signature } = compileCatBoost(source);
    const interpret = createInterpreter(ir);
    const lines = readFileSync(join(MODEL, 'golden.ndjson'), 'utf8').split('\n').filter(Boolean);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const { input, expected } = JSON.parse(line) as Golden;
      const parsed = parseReading(input);
      if (!parsed.ok) throw new Error(`an unreadable golden reading: ${line}`);
      const row = toFeatureRow(signature.features, pickRegnoFeatures(parsed.reading));
      const [negative, positive] = interpret(row).probabilities;
      expect(negative).toBeCloseTo(expected.negative, 12);
      expect(positive).toBeCloseTo(expected.positive, 12);
    }
  });
});

describe('compiling what is no model', () => {
  it('says so, with the code of a damaged model', () => {
    expect(() => compileCatBoost(new TextEncoder().encode('not a model'))).toThrow(
      expect.objectContaining({ code: 'damaged-model' }),
    );
  });
});
