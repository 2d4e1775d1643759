import { describe, expect, it } from 'vitest';
import { Random, randomIr, randomRow } from '../../model/ir/testing/random-ir.js';
import { emitOnnx } from '../../model/onnx/emit-onnx.js';
import { encodeRows } from '../../model/onnx/encode-rows.js';
import type { EncodedBatch } from '../../model/onnx/signature.js';
import { OnnxSession } from './onnx-session.js';

/** A model with all kinds of inputs. */
const IR = randomIr(findSeed());
const { onnx, signature } = emitOnnx(IR);

function findSeed(): number {
  for (let seed = 0; ; seed++) {
    const { features, trees } = randomIr(seed);
    if (new Set(features.map(({ kind }) => kind)).size === 3 && trees.length > 2) return seed;
  }
}

function batchOf(rows: number): EncodedBatch {
  const random = new Random(3);
  return encodeRows(
    signature,
    Array.from({ length: rows }, () => randomRow(random, IR)),
  );
}

describe('a session', () => {
  it('answers a batch row by row, whatever stands beside a row', async () => {
    const session = await OnnxSession.load(onnx);
    const whole = await session.run(batchOf(40));
    const random = new Random(3);
    for (let row = 0; row < 40; row++) {
      const single = await session.run(encodeRows(signature, [randomRow(random, IR)]));
      const { dimension } = signature;
      expect(single.raw).toEqual(whole.raw.slice(row * dimension, (row + 1) * dimension));
    }
    await session.release();
  });

  it('gives probabilities alone as it does beside the raw values', async () => {
    const session = await OnnxSession.load(onnx);
    const batch = batchOf(5);
    expect(await session.probabilities(batch)).toEqual((await session.run(batch)).probabilities);
    await session.release();
  });

  it('answers an empty batch with nothing', async () => {
    const session = await OnnxSession.load(onnx);
    expect(await session.run(batchOf(0))).toEqual({
      rows: 0,
      raw: new Float64Array(),
      probabilities: new Float64Array(),
    });
    expect(await session.probabilities(batchOf(0))).toHaveLength(0);
    await session.release();
  });

  it('takes words that do not start at a multiple of eight bytes', async () => {
    const session = await OnnxSession.load(onnx);
    const batch = batchOf(4);
    const shifted = new Uint32Array(batch.categoryHash.length + 1).subarray(1);
    shifted.set(batch.categoryHash);
    const { raw } = await session.run({ ...batch, categoryHash: shifted });
    expect(raw).toEqual((await session.run(batch)).raw);
    await session.release();
  });

  it('refuses a batch that lacks a text', async () => {
    const session = await OnnxSession.load(onnx);
    await expect(session.run({ ...batchOf(2), texts: [] })).rejects.toThrow(/lacks text 0/);
    await session.release();
  });

  it('refuses a file with sound metadata and a graph that the runtime cannot load', async () => {
    const damaged = Uint8Array.from(onnx);
    const at = Buffer.from(damaged).indexOf('tree_roots');
    damaged.set(new TextEncoder().encode('tree_boots'), at);
    await expect(OnnxSession.load(damaged)).rejects.toMatchObject({ code: 'damaged-model' });
  });
});
