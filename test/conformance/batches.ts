import { expect } from 'vitest';
import type { OnnxSession } from '../../app/serving/onnx/onnx-session.js';
import type { FeatureRow } from '../../app/model/ir/ir.js';
import { Random } from '../../app/model/ir/testing/random-ir.js';
import { encodeRows } from '../../app/model/onnx/encode-rows.js';
import type { ModelSignature } from '../../app/model/onnx/signature.js';

/** Sizes about those of the runtime's vector registers and blocks. */
const SIZES = [2, 3, 5, 8, 13, 31, 64];

/** Expects equal bits for each row alone, and in batches of several sizes and orders. */
export async function expectSameInAnyBatch(
  session: OnnxSession,
  signature: ModelSignature,
  rows: readonly FeatureRow[],
): Promise<void> {
  const answers = async (batch: readonly FeatureRow[]): Promise<number[][]> => {
    const { raw, probabilities } = await session.run(encodeRows(signature, batch));
    const slice = (values: Float64Array, row: number): Float64Array => {
      const width = values.length / batch.length;
      return values.subarray(row * width, (row + 1) * width);
    };
    return batch.map((_, row) => [...slice(raw, row), ...slice(probabilities, row)]);
  };
  const alone: number[][] = [];
  for (const row of rows) alone.push(...(await answers([row])));
  const random = new Random(rows.length);
  for (const size of [...SIZES, rows.length]) {
    const order = rows.map((_, i) => ({ i, key: random.next() })).sort((a, b) => a.key - b.key);
    for (let start = 0; start < order.length; start += size) {
      const members = order.slice(start, start + size).map(({ i }) => i);
      const got = await answers(members.map((i) => rows[i]!));
      expect(got, `in batches of ${size}`).toEqual(members.map((i) => alone[i]));
    }
  }
}
