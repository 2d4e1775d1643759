import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OnnxSession } from '../../app/serving/onnx/onnx-session.js';
import { compileCatBoost } from '../../app/model/compile-catboost.js';
import type { CompiledModel } from '../../app/model/compile-catboost.js';
import { parseReading } from '../../app/plates/parse-reading.js';
import { pickRegnoFeatures, toFeatureRow } from '../../app/plates/pick-regno-features.js';
import type { FeatureRow } from '../../app/model/ir/ir.js';
import { encodeRows } from '../../app/model/onnx/encode-rows.js';
import { createInterpreter } from '../../app/model/reference/interpret.js';

const FOLDER = join(import.meta.dirname, '../../../shared/customer');
const TOLERANCE = 1e-12;
/** Rows per run of the graph; not a divisor of either file's length, so that a short batch comes too. */
const BATCH = 32;

const present = existsSync(join(FOLDER, 'micromodel.cbm'));
if (!present) {
  console.warn(`SKIPPED: the customer's model and readings are not in ${FOLDER}`);
}

interface Expected {
  readonly input: unknown;
  readonly expected: { readonly negative: number; readonly positive: number };
}

describe("the customer's model", () => {
  let compiled: CompiledModel;

  beforeAll(() => {
    if (present) compiled = compileCatBoost(readFileSync(join(FOLDER, 'micromodel.cbm')));
  });

  for (const file of ['expected_customer.jsonl', 'expected_synthetic.jsonl']) {
    it.skipIf(!present)(`answers as CatBoost does through the reference: ${file}`, () => {
      const interpret = createInterpreter(compiled.ir);
      const { rows, expected } = readExpected(file, compiled);
      const worst = rows.reduce((largest, row, index) => {
        const { probabilities } = interpret(row);
        return Math.max(largest, difference(probabilities, expected[index]!));
      }, 0);
      expect(worst).toBeLessThanOrEqual(TOLERANCE);
    });

    it.skipIf(!present)(`answers as CatBoost does through ONNX: ${file}`, async () => {
      const session = await OnnxSession.load(compiled.onnx);
      const { rows, expected } = readExpected(file, compiled);
      let worst = 0;
      for (let start = 0; start < rows.length; start += BATCH) {
        const batch = encodeRows(compiled.signature, rows.slice(start, start + BATCH));
        const { probabilities } = await session.run(batch);
        for (let row = 0; row < batch.rows; row++) {
          const pair = probabilities.subarray(2 * row, 2 * row + 2);
          worst = Math.max(worst, difference(pair, expected[start + row]!));
        }
      }
      await session.release();
      expect(worst).toBeLessThanOrEqual(TOLERANCE);
    });
  }

  it.skipIf(!present)('finds nothing odd in the real readings', () => {
    const lines = readFileSync(join(FOLDER, 'expected_customer.jsonl'), 'utf8').trim().split('\n');
    const parsed = lines.map((line) => parseReading((JSON.parse(line) as Expected).input));
    expect(parsed.filter((one) => !one.ok || one.warnings !== 0)).toEqual([]);
  });

  it.skipIf(!present)(
    'gives the same raw value through ONNX as through the reference',
    async () => {
      const interpret = createInterpreter(compiled.ir);
      const session = await OnnxSession.load(compiled.onnx);
      const { rows } = readExpected('expected_synthetic.jsonl', compiled);
      const { raw } = await session.run(encodeRows(compiled.signature, rows));
      await session.release();
      expect([...raw]).toEqual(rows.map((row) => interpret(row).raw[0]));
    },
  );
});

function readExpected(
  file: string,
  { signature }: CompiledModel,
): { readonly rows: FeatureRow[]; readonly expected: Expected['expected'][] } {
  const lines = readFileSync(join(FOLDER, file), 'utf8').split('\n').filter(Boolean);
  expect(lines.length).toBeGreaterThan(0);
  const cases = lines.map((line) => JSON.parse(line) as Expected);
  const rows = cases.map(({ input }) => {
    const parsed = parseReading(input);
    if (!parsed.ok) throw new Error(`unreadable reading: ${JSON.stringify(parsed)}`);
    return toFeatureRow(signature.features, pickRegnoFeatures(parsed.reading));
  });
  return { rows, expected: cases.map(({ expected }) => expected) };
}

/** NaN where a probability is missing, so that the comparison fails. */
function difference(
  probabilities: ArrayLike<number>,
  { negative, positive }: Expected['expected'],
): number {
  return Math.max(
    Math.abs((probabilities[0] ?? NaN) - negative),
    Math.abs((probabilities[1] ?? NaN) - positive),
  );
}
