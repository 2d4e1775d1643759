import { ModelError } from '../errors.js';
import type { ByteCursor } from './byte-cursor.js';
import { CTR_TYPES } from './cbm-model.js';
import type { CbmCtrBase, CbmCtrFeature, CbmCtrTable, CtrStatistics } from './cbm-model.js';
import { FlatBufferTable } from './flat-buffer-table.js';
import { readBorders } from './read-borders.js';
import { readHashTable } from './read-hash-table.js';

const BUCKET_BYTES = 12;
const CLASSES_MAX = 65_536;

/**
 * Reads the part `static_provider_v1` from where `file` stands: the tables of target statistics.
 *
 * @throws ModelError `damaged-model` or `unsupported-model`.
 */
export function readCtrTables(file: ByteCursor): CbmCtrTable[] {
  const count = file.size('number of CTR tables');
  const tables: CbmCtrTable[] = [];
  for (let i = 0; i < count; i++) {
    const cursor = file.take(file.size('length of a CTR table'), `CTR table ${i}`);
    tables.push(readCtrTable(cursor));
  }
  return tables;
}

/** Reads a TCtrFeature. */
export function readCtrFeature(table: FlatBufferTable): CbmCtrFeature {
  const ctr = table.table(0, 'Ctr') ?? table.fail('Ctr is missing');
  const number = (id: number, name: string, absent: number): number => {
    const value = ctr.f32(id, name, absent);
    return Number.isFinite(value) ? value : ctr.fail(`${name} is not a finite number`);
  };
  return {
    base: readCtrBase(ctr.table(0, 'Base') ?? ctr.fail('Base is missing')),
    targetBorder: ctr.i32(1, 'TargetBorderIdx', 0),
    priorNum: number(2, 'PriorNum', 0),
    priorDenom: number(3, 'PriorDenom', 1),
    shift: number(4, 'Shift', 0),
    scale: number(5, 'Scale', 1),
    borders: readBorders(table, 1),
  };
}

/** Two bases with the same key mean the same statistic. */
export function ctrBaseKey(base: CbmCtrBase): string {
  return JSON.stringify([
    base.type,
    base.targetBorderClassifier,
    base.categories,
    base.floatSplits.map(({ index, border }) => [index, border]),
    base.oneHotSplits.map(({ index, value }) => [index, value]),
  ]);
}

function readCtrBase(table: FlatBufferTable): CbmCtrBase {
  const typeNumber = table.i8(1, 'CtrType', 0);
  const type = CTR_TYPES[typeNumber];
  if (type === undefined) {
    throw new ModelError(
      'unsupported-model',
      `unsupported model: CTR type ${typeNumber}; expected 0 (${CTR_TYPES[0]}) to ` +
        `${CTR_TYPES.length - 1} (${CTR_TYPES[CTR_TYPES.length - 1] ?? ''})`,
    );
  }
  const combination = table.table(0, 'FeatureCombination');
  return {
    type,
    targetBorderClassifier: table.i32(2, 'TargetBorderClassifierIdx', 0),
    categories: [...(combination?.i32s(0, 'CatFeatures') ?? [])],
    floatSplits:
      combination?.structs(1, 8, 'FloatSplits', (cursor, at) => ({
        index: cursor.i32At(at, 'FloatSplits'),
        border: cursor.f32At(at + 4, 'FloatSplits'),
      })) ?? [],
    oneHotSplits:
      combination?.structs(2, 8, 'OneHotSplits', (cursor, at) => ({
        index: cursor.i32At(at, 'OneHotSplits'),
        value: cursor.i32At(at + 4, 'OneHotSplits'),
      })) ?? [],
  };
}

function readCtrTable(cursor: ByteCursor): CbmCtrTable {
  const table = FlatBufferTable.root(cursor);
  const base = readCtrBase(table.table(0, 'ModelCtrBase') ?? table.fail('ModelCtrBase is missing'));
  const { hashes, values } = readHashTable(table.bytes(1, 'IndexHashRaw'), BUCKET_BYTES);
  const blob = table.bytes(2, 'CTRBlob');
  const { statistics, rows } = readStatistics(base, blob, table.i32(4, 'TargetClassesCount', 0));
  if (values.some((row) => row >= rows)) table.fail(`a row beyond the ${rows} of CTRBlob`);
  return {
    base,
    hashes,
    rows: values,
    denominator: table.i32(3, 'CounterDenominator', 0),
    statistics,
  };
}

function readStatistics(
  base: CbmCtrBase,
  blob: ByteCursor,
  classes: number,
): { statistics: CtrStatistics; rows: number } {
  switch (base.type) {
    case 'Borders':
    case 'Buckets': {
      if (classes < 1 || classes > CLASSES_MAX) {
        blob.fail(`TargetClassesCount is ${classes}, expected 1 to ${CLASSES_MAX}`);
      }
      const rows = rowCount(blob, 4 * classes);
      const counts = blob.i32ArrayAt(0, rows * classes, 'class counts');
      return { statistics: { kind: 'class-counts', classes, counts }, rows };
    }
    case 'BinarizedTargetMeanValue':
    case 'FloatTargetMeanValue': {
      const rows = rowCount(blob, 8);
      const sums = Float32Array.from({ length: rows }, (_, i) => blob.f32At(8 * i, 'sum'));
      const counts = Int32Array.from({ length: rows }, (_, i) => blob.i32At(8 * i + 4, 'count'));
      return { statistics: { kind: 'means', sums, counts }, rows };
    }
    case 'Counter':
    case 'FeatureFreq': {
      const rows = rowCount(blob, 4);
      return { statistics: { kind: 'totals', counts: blob.i32ArrayAt(0, rows, 'counts') }, rows };
    }
  }
}

function rowCount(blob: ByteCursor, rowBytes: number): number {
  if (blob.length % rowBytes !== 0) {
    blob.fail(`${blob.length} bytes of CTRBlob are not rows of ${rowBytes} bytes`);
  }
  return blob.length / rowBytes;
}
