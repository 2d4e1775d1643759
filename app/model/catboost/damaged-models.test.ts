import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { damage } from '../../../test/fixtures/damage.js';
import { ModelError } from '../errors.js';
import type { Ir } from '../ir/ir.js';
import { createInterpreter } from '../reference/interpret.js';
import { lowerCbm } from './lower.js';
import { readCbm } from './read-cbm.js';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/cbm');
const CUSTOMER = join(import.meta.dirname, '../../../../shared/customer/micromodel.cbm');
const INPUT_TIME_LIMIT_MS = 2000;
const TEST_TIME_LIMIT_MS = 300_000;
const MEMORY_LIMIT_BYTES = 600 * 2 ** 20;

/** Reads, lowers and scores `count` damaged copies; each must end in a result or a ModelError. */
function expectNoHarm(bytes: Uint8Array, count: number): void {
  const memoryBefore = process.memoryUsage().rss;
  let refused = 0;
  let slowestMs = 0;
  for (let seed = 0; seed < count; seed++) {
    const damaged = damage(bytes, seed);
    const start = performance.now();
    try {
      score(lowerCbm(readCbm(damaged), ''));
    } catch (error) {
      if (!(error instanceof ModelError)) throw new Error(`seed ${seed}`, { cause: error });
      refused++;
    }
    slowestMs = Math.max(slowestMs, performance.now() - start);
  }
  expect(slowestMs).toBeLessThan(INPUT_TIME_LIMIT_MS);
  expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(MEMORY_LIMIT_BYTES);
  // Damage in a leaf or a comment stays unseen; most of it must not.
  expect(refused).toBeGreaterThan(count / 2);
}

function score(ir: Ir): void {
  const row = ir.features.map(({ kind }) => (kind === 'float' ? 0.5 : 'aa b'));
  createInterpreter(ir)(row);
}

describe('damaged models', () => {
  it.each([
    ['everything', 3000],
    ['one-hot-beside-text', 1500],
    ['long-grams', 2000],
    ['three-classes', 1500],
    ['ctr-counter', 1500],
    ['regression', 1500],
    ['lossguide', 1500],
    ['depthwise-classes', 1500],
    ['old-classes', 1500],
  ])(
    'end in a result or a named error, soon and in little memory: %s',
    (name, count) => {
      expectNoHarm(new Uint8Array(readFileSync(join(FIXTURES, `${name}.cbm`))), count);
    },
    TEST_TIME_LIMIT_MS,
  );

  const present = existsSync(CUSTOMER);
  if (!present) console.warn(`SKIPPED: the customer's model is not at ${CUSTOMER}`);

  it.skipIf(!present)(
    "end in a result or a named error, soon and in little memory: the customer's model",
    () => expectNoHarm(new Uint8Array(readFileSync(CUSTOMER)), 600),
    TEST_TIME_LIMIT_MS,
  );

  it('refuse a buffer of many tables that share one large vector', () => {
    expect(() => readCbm(sharedVectorBomb(20_000))).toThrow(/shares its bytes/);
  });
});

/** A core whose InfoMap holds `count` times the same table, whose Value is as long as all that. */
function sharedVectorBomb(count: number): Uint8Array {
  const listAt = 100;
  const textAt = listAt + 4 + 4 * count;
  const text = 4 * count;
  const core = new DataView(new ArrayBuffer(textAt + 4 + text));
  core.setUint32(0, 40, true);
  // Root at 40, vtable at 4: FormatVersion at +8, ModelTrees at +12, InfoMap at +4.
  [12, 16, 8, 12, 4, 0].forEach((value, i) => core.setUint16(4 + 2 * i, value, true));
  core.setInt32(40, 36, true);
  core.setUint32(44, listAt - 44, true);
  core.setUint32(48, 60 - 48, true);
  core.setUint32(52, 92 - 52, true);
  // The string "FlabuffersModel_v1" at 60.
  core.setUint32(60, 18, true);
  Array.from('FlabuffersModel_v1').forEach((letter, i) =>
    core.setUint8(64 + i, letter.charCodeAt(0)),
  );
  // ModelTrees at 92, vtable at 84: ApproxDimension = 1.
  [6, 8, 4].forEach((value, i) => core.setUint16(84 + 2 * i, value, true));
  core.setInt32(92, 8, true);
  core.setInt32(96, 1, true);
  core.setUint32(listAt, count, true);
  // Every entry is the same table, which lies inside the text: vtable, then Value.
  const tableAt = textAt + 4 + 8;
  for (let i = 0; i < count; i++) {
    const at = listAt + 4 + 4 * i;
    core.setUint32(at, tableAt - at, true);
  }
  core.setUint32(textAt, text, true);
  [8, 8, 0, 4].forEach((value, i) => core.setUint16(tableAt - 8 + 2 * i, value, true));
  core.setInt32(tableAt, 8, true);
  // The string that the table's Value refers to lies behind the table.
  core.setUint32(tableAt + 4, 4, true);
  core.setUint32(tableAt + 8, text - 64, true);
  const file = new Uint8Array(8 + core.byteLength);
  file.set([0x43, 0x42, 0x4d, 0x31]);
  new DataView(file.buffer).setUint32(4, core.byteLength, true);
  file.set(new Uint8Array(core.buffer), 8);
  return file;
}
