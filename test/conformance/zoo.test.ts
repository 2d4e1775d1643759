import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OnnxSession } from '../../app/serving/onnx/onnx-session.js';
import { compileCatBoost } from '../../app/model/compile-catboost.js';
import type { CompiledModel } from '../../app/model/compile-catboost.js';
import type { Condition, FeatureRow, Ir } from '../../app/model/ir/ir.js';
import { runPasses } from '../../app/model/ir/passes/run-passes.js';
import { encodeRows } from '../../app/model/onnx/encode-rows.js';
import { predictedClass } from '../../app/model/onnx/predicted-class.js';
import type { EncodedBatch } from '../../app/model/onnx/signature.js';
import { createInterpreter } from '../../app/model/reference/interpret.js';
import { lacks } from '../testing/lacks.js';
import { expectSameInAnyBatch } from './batches.js';
import { preparePython, runCommand } from '../testing/python-environment.js';

const HERE = import.meta.dirname;
const FOLDER = join(HERE, '../../.cache/zoo');
const TOLERANCE = 1e-12;
const ROWS = 500;
const MODELS_MIN = 12;
/** Training the zoo and, the first time, downloading CatBoost. */
const SETUP_MS = 600_000;

/** A model of the zoo as `train_zoo.py` lists it. */
interface Entry {
  readonly name: string;
  readonly has: readonly string[];
  /** CatBoost's `classes_` as Python prints them. */
  readonly classes: readonly string[];
}

interface Case {
  readonly row: readonly (number | string)[];
  readonly raw: readonly (number | string)[];
  readonly probabilities: readonly (number | string)[];
  readonly class: string | readonly string[] | null;
}

interface Specimen extends CompiledModel {
  readonly entry: Entry;
  readonly rows: readonly FeatureRow[];
  readonly batch: EncodedBatch;
  readonly raw: readonly number[];
  readonly probabilities: readonly number[];
  readonly chosen: readonly Case['class'][];
}

/** How a model must look to stand for the kind of feature that it is in the zoo for. */
const TRAITS: Readonly<Record<string, (ir: Ir) => boolean>> = {
  float: (ir) => ir.columns.some((column) => column.kind === 'float'),
  'missing-above': (ir) =>
    ir.columns.some((column) => column.kind === 'float' && column.missing === 'above'),
  'borders>254': (ir) => bordersOfWidestColumn(ir) > 254,
  'one-hot': (ir) => ir.columns.some((column) => column.kind === 'one-hot'),
  ctr: (ir) => ir.columns.some((column) => column.kind === 'ctr'),
  combination: (ir) => ir.ctrTables.some((table) => table.categories.length > 1),
  'float-condition': (ir) => hasConditionOn(ir, 'float'),
  'one-hot-condition': (ir) => hasConditionOn(ir, 'one-hot'),
  'token-condition': (ir) => hasConditionOn(ir, 'token'),
  'bayes-condition': (ir) => hasConditionOn(ir, 'naive-bayes'),
  token: (ir) => ir.columns.some((column) => column.kind === 'token'),
  'gram-3': (ir) => ir.dictionaries.some((dictionary) => dictionary.gramOrder === 3),
  skip: (ir) => ir.dictionaries.some((dictionary) => dictionary.skip > 0),
  bayes: (ir) => ir.naiveBayes.length > 0,
  'bayes-unseen': (ir) =>
    ir.naiveBayes.some((calcer) => calcer.classes.some(({ seen }) => seen.includes(0))),
  multiclass: (ir) => ir.dimension > 2,
  bias: (ir) => ir.bias.some((bias) => bias !== 0),
  scale: (ir) => ir.scale !== 1,
  'depth-16': (ir) =>
    ir.trees.some((tree) => tree.kind === 'oblivious' && tree.splits.length === 16),
  nodes: (ir) => ir.trees.every((tree) => tree.kind === 'binary'),
  'one-tree': (ir) => ir.trees.length === 1,
  raw: ({ link, source }) => link === 'identity' && source.warnings?.length === 0,
  warned: ({ link, source }) => link === 'identity' && source.warnings?.length === 1,
  sigmoid: (ir) => ir.link === 'sigmoid',
  'one-vs-all': (ir) => ir.link === 'one-vs-all',
  exponent: (ir) => ir.link === 'exponent',
  'mean-and-variance': (ir) => ir.link === 'mean-and-variance',
  'labels integer': (ir) => ir.labelType === 'integer',
  'labels float': (ir) => ir.labelType === 'float',
  'labels boolean': (ir) => ir.labelType === 'boolean',
  'labels string': (ir) => ir.labelType === 'string',
  positions: (ir) => ir.features.some(({ position }) => position !== undefined),
  padded: (ir) => ir.bias.includes(-Infinity),
  threshold: (ir) => ir.threshold !== 0.5,
  'no-columns': (ir) => runPasses(ir).columns.length === 0,
};

describe.skipIf(lacks('catboost'))('models of many kinds answer as CatBoost does', () => {
  const specimens: Specimen[] = [];

  beforeAll(async () => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    const python = await preparePython('catboost');
    runCommand(python, [join(HERE, 'train_zoo.py'), FOLDER]);
    const entries = JSON.parse(readFileSync(join(FOLDER, 'zoo.json'), 'utf8')) as Entry[];
    for (const entry of entries) {
      const specimen = readSpecimen(entry);
      specimens.push(specimen);
      writeTensors(specimen);
    }
    runCommand(python, [join(HERE, 'run_onnx.py'), FOLDER]);
  }, SETUP_MS);

  it(`has at least ${MODELS_MIN} models of ${ROWS} rows each`, () => {
    expect(specimens.length).toBeGreaterThanOrEqual(MODELS_MIN);
    for (const { rows } of specimens) expect(rows).toHaveLength(ROWS);
  });

  it('each model has the kind of feature that it stands for', () => {
    for (const { entry, ir } of specimens) {
      expect(entry.has).not.toHaveLength(0);
      for (const trait of entry.has) {
        expect(TRAITS[trait]?.(ir), `${entry.name} has ${trait}`).toBe(true);
      }
    }
  });

  it('each model has the labels that CatBoost has', () => {
    for (const { entry, ir } of specimens) {
      // A single label of MultiLogloss has the two classes that predict() answers with.
      const isOneLabel = ir.link === 'sigmoid' && ir.source.loss.startsWith('Multi');
      const expected = isOneLabel ? ['0', '1'] : entry.classes;
      expect(ir.classNames, entry.name).toEqual(expected);
    }
  });

  it('through the reference interpreter', () => {
    for (const specimen of specimens) {
      const interpret = createInterpreter(specimen.ir);
      const scores = specimen.rows.map((row) => interpret(row));
      expectAnswers(specimen, {
        raw: scores.flatMap(({ raw }) => raw),
        probabilities: scores.flatMap(({ probabilities }) => probabilities),
      });
    }
  });

  it('through the reference interpreter after the passes, to the bit', () => {
    for (const { ir, rows } of specimens) {
      const before = createInterpreter(ir);
      const after = createInterpreter(runPasses(ir));
      for (const row of rows) expect(after(row)).toEqual(before(row));
    }
  });

  it('through the ONNX file in onnxruntime-node', async () => {
    for (const specimen of specimens) {
      const session = await OnnxSession.load(specimen.onnx);
      const scores = await session.run(specimen.batch);
      expectAnswers(specimen, scores);
      expectClasses(specimen, scores.raw);
      await session.release();
    }
  });

  it('whatever rows are beside a row in its batch, to the bit', async () => {
    for (const { onnx, signature, rows } of specimens) {
      const session = await OnnxSession.load(onnx);
      await expectSameInAnyBatch(session, signature, rows.slice(0, 70));
      await session.release();
    }
  });

  it("through the ONNX file in Python's onnxruntime", () => {
    for (const specimen of specimens) {
      const read = (name: string): Float64Array => {
        const bytes = readFileSync(join(FOLDER, specimen.entry.name, `${name}.f64`));
        return new Float64Array(Uint8Array.from(bytes).buffer);
      };
      expectAnswers(specimen, { raw: read('raw'), probabilities: read('probabilities') });
    }
  });

  it('and a second compilation gives the same bytes', () => {
    for (const { entry, onnx } of specimens) {
      const again = compileCatBoost(readFileSync(join(FOLDER, entry.name, 'model.cbm')));
      expect(Buffer.compare(again.onnx, onnx), entry.name).toBe(0);
    }
  });
});

/** Raw values must be CatBoost's own, to the bit; probabilities come near, as exp() may differ. */
function expectAnswers(
  { entry, raw, probabilities }: Specimen,
  got: { readonly raw: ArrayLike<number>; readonly probabilities: ArrayLike<number> },
): void {
  expect(got.raw.length, entry.name).toBe(raw.length);
  expect(got.probabilities.length, entry.name).toBe(probabilities.length);
  raw.forEach((value, index) => {
    expect(got.raw[index], `${entry.name}: raw ${index}`).toBe(value);
  });
  // Exponents and raw values may be large: these come as near in proportion.
  const worst = probabilities.reduce((largest, value, index) => {
    const difference = Math.abs((got.probabilities[index] ?? NaN) - value);
    const isSame = Object.is(got.probabilities[index], value);
    return isSame ? largest : Math.max(largest, difference / Math.max(1, Math.abs(value)));
  }, 0);
  expect(worst, `${entry.name}: largest difference of probabilities`).toBeLessThanOrEqual(
    TOLERANCE,
  );
}

/** The class that `predict()` chose; of several labels CatBoost tells each one's 0 or 1. */
function expectClasses({ entry, signature, chosen }: Specimen, raw: ArrayLike<number>): void {
  const got = chosen.map((_, row) => {
    const found = predictedClass(signature, raw, row);
    if (typeof found !== 'object') return found ?? null;
    return signature.classNames.map((name) => (found.includes(name) ? '1' : '0'));
  });
  expect(got, entry.name).toEqual(chosen);
}

function readSpecimen(entry: Entry): Specimen {
  const folder = join(FOLDER, entry.name);
  const compiled = compileCatBoost(readFileSync(join(folder, 'model.cbm')));
  const lines = readFileSync(join(folder, 'rows.ndjson'), 'utf8').split('\n').filter(Boolean);
  const cases = lines.map((line) => JSON.parse(line) as Case);
  const kinds = new Map(
    compiled.signature.features.map(({ kind, position }, place) => [position ?? place, kind]),
  );
  const rows = cases.map(({ row }) =>
    row.map((value, place) => (kinds.get(place) === 'float' ? Number(value) : value)),
  );
  return {
    ...compiled,
    entry,
    rows,
    batch: encodeRows(compiled.signature, rows),
    raw: cases.flatMap(({ raw }) => raw.map(Number)),
    probabilities: cases.flatMap(({ probabilities }) => probabilities.map(Number)),
    chosen: cases.map((entry) => entry.class),
  };
}

/** The model and its input tensors as files, for `run_onnx.py`. */
function writeTensors({ entry, onnx, signature, batch }: Specimen): void {
  const folder = join(FOLDER, entry.name);
  writeFileSync(join(folder, 'model.onnx'), onnx);
  const count = (kind: string): number =>
    signature.features.filter((feature) => feature.kind === kind).length;
  const inputs: Record<string, { type: string; dims: number[]; file: string }> = {};
  const write = (name: string, type: string, values: Uint32Array | Float32Array, width: number) => {
    writeFileSync(join(folder, `${name}.bin`), values);
    inputs[name] = { type, dims: [batch.rows, width], file: `${name}.bin` };
  };
  if (count('float') > 0) write('numeric', '<f4', batch.numeric, count('float'));
  if (count('categorical') > 0) {
    write('category_hash', '<i8', batch.categoryHash, count('categorical'));
  }
  batch.texts.forEach(({ words, width }, index) => write(`text_${index}`, '<i8', words, width));
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(inputs));
}

function bordersOfWidestColumn(ir: Ir): number {
  const borders = new Map<number, Set<number>>();
  for (const tree of ir.trees) {
    if (tree.kind !== 'oblivious') continue;
    for (const { column, border } of tree.splits) {
      borders.set(column, (borders.get(column) ?? new Set()).add(border));
    }
  }
  return Math.max(0, ...[...borders.values()].map((set) => set.size));
}

function hasConditionOn(ir: Ir, kind: string): boolean {
  const isOn = (condition: Condition): boolean =>
    condition.kind === 'range' && ir.columns[condition.column]?.kind === kind;
  return ir.ctrTables.some((table) => table.conditions.some(isOn));
}
