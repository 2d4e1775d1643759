import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterAll } from 'vitest';
import { shippedModelPath } from '../../app/config/load-config.js';
import { compileCatBoost } from '../../app/model/compile-catboost.js';
import { ModelProtoSchema, type ModelProto } from '../../app/model/onnx/gen/onnx_pb.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A copy of the shipped model's folder, for a test to spoil; removed when the test file ends. */
export async function copyModelFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'regno-model-'));
  folders.push(folder);
  await cp(shippedModelPath(), folder, { recursive: true });
  return folder;
}

/** Exchanges the two probabilities of one golden reading, so that the golden check must fail. */
export function falsifyGolden(folder: string, row = 5): void {
  const path = join(folder, 'golden.ndjson');
  const lines = readFileSync(path, 'utf8').split('\n');
  const line = JSON.parse(lines[row] ?? '') as {
    expected: { negative: number; positive: number };
  };
  const { negative, positive } = line.expected;
  lines[row] = JSON.stringify({ ...line, expected: { negative: positive, positive: negative } });
  writeFileSync(path, lines.join('\n'));
}

/** A `.cbm` that differs from the shipped one in each leaf of one tree, so that answers differ. */
export async function writeOtherModel(): Promise<string> {
  const folder = await copyModelFolder();
  const path = join(folder, 'model.cbm');
  const bytes = readFileSync(path);
  const [tree] = compileCatBoost(bytes).ir.trees;
  const leaves = Float64Array.from(tree?.leaves ?? []);
  const start = bytes.indexOf(Buffer.from(leaves.buffer));
  if (start < 0) throw new Error("a tree's leaves were not found in the shipped model's file");
  for (const [i, leaf] of leaves.entries()) bytes.writeDoubleLE(leaf + 1, start + 8 * i);
  writeFileSync(path, bytes);
  return path;
}

/**
 * The shipped model compiled and then changed, as an `.onnx` that says of itself what it said before:
 * only its bytes tell it from the real one.
 */
export async function writeForgedModel(change: (model: ModelProto) => void): Promise<string> {
  const folder = await copyModelFolder();
  const { onnx } = compileCatBoost(readFileSync(join(folder, 'model.cbm')));
  const model = fromBinary(ModelProtoSchema, onnx);
  change(model);
  const path = join(folder, 'forged.onnx');
  writeFileSync(path, toBinary(ModelProtoSchema, model));
  return path;
}

/** Turns the sign of every leaf, so that the graph decides the other way round. */
export function negateLeaves(model: ModelProto): void {
  const trees = model.graph?.node.find(({ opType }) => opType === 'TreeEnsemble');
  const weights = trees?.attribute.find(({ name }) => name === 'leaf_weights')?.t?.rawData;
  if (weights === undefined) throw new Error('the shipped model has no trees');
  const view = new DataView(weights.buffer, weights.byteOffset, weights.byteLength);
  for (let at = 0; at < view.byteLength; at += 8) {
    view.setFloat64(at, -view.getFloat64(at, true), true);
  }
}
