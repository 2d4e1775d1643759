import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.js';
import type { CbmModel } from './cbm-model.js';
import { listBinaryFeatures } from './binary-features.js';
import { readCbm } from './read-cbm.js';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/cbm');
const CUSTOMER = join(import.meta.dirname, '../../../../shared/customer/micromodel.cbm');

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FIXTURES, `${name}.cbm`)));
}

/** The bytes after `edit` has changed them. */
function edited(bytes: Uint8Array, edit: (view: DataView) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  edit(new DataView(copy.buffer));
  return copy;
}

/** Where `text` stands for the `nth` time. */
function find(bytes: Uint8Array, text: string, nth = 1): number {
  let at = -1;
  for (let i = 0; i < nth; i++) at = Buffer.from(bytes).indexOf(text, at + 1);
  expect(at).toBeGreaterThan(0);
  return at;
}

function expectError(bytes: Uint8Array, code: ModelError['code'], message: RegExp): void {
  let error: unknown;
  try {
    readCbm(bytes);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
}

describe('readCbm', () => {
  it('reads every kind of feature', () => {
    const { trees, ctrTables, text } = readCbm(fixture('everything'));
    expect(trees.floatFeatures.map(({ flatIndex }) => flatIndex)).toEqual([0, 1, 2]);
    expect(trees.categoricalFeatures.map(({ flatIndex }) => flatIndex)).toEqual([3, 4, 5]);
    expect(trees.textFeatures.map(({ flatIndex }) => flatIndex)).toEqual([6, 7]);
    expect(trees.floatFeatures[2]).toMatchObject({ hasNans: true, nanTreatment: 'as-false' });
    expect(ctrTables.length).toBeGreaterThan(0);
    expect(new Set(text?.calcers.map(({ kind }) => kind))).toEqual(
      new Set(['bag-of-words', 'naive-bayes']),
    );
    expect(text?.dictionaries.map(({ gramOrder }) => gramOrder).sort()).toEqual([1, 1, 2, 2]);
  });

  it('reads scale, bias and metadata', () => {
    const { trees, info } = readCbm(fixture('regression'));
    expect([trees.scale, trees.bias]).toEqual([2.5, [-1.25]]);
    expect(info.get('params')).toMatch(/"RMSE"/);
    expect(trees.floatFeatures[2]).toMatchObject({ hasNans: true, nanTreatment: 'as-true' });
  });

  it('reads several outputs', () => {
    const { trees } = readCbm(fixture('three-classes'));
    expect([trees.dimension, trees.bias.length]).toEqual([3, 3]);
  });

  it('reads trees of single nodes', () => {
    const { trees } = readCbm(fixture('lossguide'));
    expect(trees.nodes?.sizes.length).toBe(12);
    expect(Math.max(...trees.depths)).toBe(6);
    // A node that asks nothing has no split.
    expect(trees.splits.filter((split) => split < 0).length).toBeGreaterThan(0);
  });

  it('reads grams of several orders and with gaps', () => {
    const orders = readCbm(fixture('long-grams')).text?.dictionaries.map((dictionary) => [
      dictionary.gramOrder,
      dictionary.skip,
      dictionary.grams?.ids.length,
    ]);
    expect(orders?.sort()).toEqual([
      [2, 1, 30],
      [3, 0, 30],
      [4, 0, 30],
    ]);
  });

  it.each([
    ['bm25', /text calcer BM25; expected BoW or NaiveBayes/],
    ['letter', /token_level_type Letter, expected Word/],
    ['insert', /end_of_sentence_token_policy Insert, expected Skip/],
    ['embedding', /embedding features/],
  ])('refuses a model of CatBoost by name: %s', (name, message) => {
    expectError(fixture(`refused-${name}`), 'unsupported-model', message);
  });

  it.each([
    ['lowercasing', 32, 1, /lowercasing = 1, expected 0/],
    ['lemmatizing', 33, 1, /lemmatizing = 1, expected 0/],
    ['number_process_policy', 34, 2, /number_process_policy = 2, expected 1/],
    ['separator_type', 46, 1, /separator_type = 1, expected 0/],
    ['delimiter', 54, 0x2c, /delimiter = ",", expected " "/],
    ['split_by_set', 55, 1, /split_by_set = 1, expected 0/],
    ['skip_empty', 56, 0, /skip_empty = 0, expected 1/],
  ])('refuses another tokenizer setting by name: %s', (_, offset, value, message) => {
    const bytes = fixture('everything');
    const at = find(bytes, 'TokenizerV1') + offset;
    const other = edited(bytes, (view) => view.setUint8(at, value));
    expectError(other, 'unsupported-model', message);
  });

  it('refuses parts and format versions that it does not know', () => {
    const bytes = fixture('everything');
    const part = edited(bytes, (view) =>
      view.setUint8(find(bytes, 'static_provider_v1') + 17, 0x32),
    );
    expectError(part, 'unsupported-model', /part "static_provider_v2"; expected only/);
    const version = edited(bytes, (view) => {
      view.setUint8(find(bytes, 'FlabuffersModel_v1') + 17, 0x32);
    });
    expectError(version, 'unsupported-model', /format version "FlabuffersModel_v2"/);
  });

  it.each([NaN, Infinity])('says of a leaf that is %d that training diverged', (value) => {
    const bytes = fixture('regression');
    const { leaves } = readCbm(bytes).trees;
    const leaf = leaves.findIndex((each) => each !== 0);
    const pattern = Buffer.from(leaves.slice(leaf, leaf + 1).buffer);
    const at = Buffer.from(bytes).indexOf(pattern);
    const diverged = edited(bytes, (view) => view.setFloat64(at, value, true));
    expectError(
      diverged,
      'unsupported-model',
      new RegExp(
        `leaf value ${leaf} is ${value}, so answers would be no numbers: its training diverged`,
      ),
    );
  });

  it('refuses bytes behind the end, and none at all', () => {
    const longer = Uint8Array.from([...fixture('everything'), 0]);
    expectError(longer, 'damaged-model', /1 unknown bytes are left .*section "file", offset \d+/);
    expectError(new Uint8Array(0), 'damaged-model', /first four bytes are not "CBM1"/);
    expectError(Uint8Array.of(0x50, 0x4b, 3, 4), 'damaged-model', /expected a CatBoost model/);
  });

  it('refuses every truncation', () => {
    const bytes = fixture('regression');
    for (let length = 0; length < bytes.length; length += 7) {
      expectError(bytes.subarray(0, length), 'damaged-model', /./);
    }
  });

  it('notices a split that contradicts its redundant copy', () => {
    const bytes = fixture('regression');
    const { trees } = readCbm(bytes);
    const words = new DataView(bytes.buffer, bytes.byteOffset);
    const first = Array.from({ length: (bytes.length - 8) >> 2 }, (_, i) => 4 * i).find(
      (at) =>
        words.getUint32(at, true) === trees.splits.length &&
        trees.splits.every((split, i) => words.getInt32(at + 4 + 4 * i, true) === split),
    );
    expect(first).toBeDefined();
    const at = (first ?? 0) + 4;
    const other = ((trees.splits[0] ?? 0) + 1) % listBinaryFeatures(trees).splitCount;
    const changed = edited(bytes, (view) => view.setInt32(at, other, true));
    expectError(changed, 'damaged-model', /entry 0 of RepackedBins contradicts TreeSplits/);
    const beyond = edited(bytes, (view) => view.setInt32(at, 5000, true));
    expectError(beyond, 'damaged-model', /split 5000 does not exist/);
  });
});

const present = existsSync(CUSTOMER);
if (!present) console.warn(`SKIPPED: the customer's model is not at ${CUSTOMER}`);

describe("the customer's model", () => {
  const model: CbmModel | undefined = present ? readCbm(readFileSync(CUSTOMER)) : undefined;

  it.skipIf(!present)('has the trees that CatBoost counts', () => {
    const { trees } = model!;
    expect([trees.depths.length, trees.splits.length, trees.leaves.length]).toEqual([
      87, 844, 84_394,
    ]);
    expect([trees.dimension, trees.scale, trees.bias]).toEqual([1, 1, [0]]);
    expect(trees.leaves.filter((leaf) => leaf === 0).length).toBe(77_881);
    expect(trees.depths.filter((depth) => depth === 10).length).toBe(82);
  });

  it.skipIf(!present)('has the binary features that its trees use, all of them', () => {
    const { trees } = model!;
    const features = listBinaryFeatures(trees);
    const count = (kind: string): number =>
      features.blocks.reduce((sum, block) => sum + (block.kind === kind ? block.count : 0), 0);
    expect(['float', 'estimated', 'one-hot', 'ctr'].map(count)).toEqual([194, 346, 1, 51]);
    expect(features.splitCount).toBe(592);
    expect(new Set(trees.splits).size).toBe(592);
  });

  it.skipIf(!present)('has its tables, dictionaries and calcers', () => {
    const { ctrTables, text } = model!;
    expect(ctrTables.map(({ hashes }) => hashes.length)).toEqual([3, 10, 7, 6]);
    expect(
      text?.dictionaries.map(({ gramOrder, size, words }) => [gramOrder, size, words.ids.length]),
    ).toEqual([
      [2, 440, 22],
      [1, 22, 22],
      [2, 464, 23],
      [1, 23, 23],
    ]);
    const active = text?.calcers.map(({ kind, activeOutputs }) => [kind, activeOutputs.length]);
    expect(active).toEqual([
      ['bag-of-words', 147],
      ['naive-bayes', 1],
      ['bag-of-words', 8],
      ['bag-of-words', 161],
      ['bag-of-words', 10],
      ['naive-bayes', 1],
    ]);
  });
});
