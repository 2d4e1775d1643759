/**
 * Microseconds per row, on one thread, from JSON text to the model's input tensors: JSON.parse, the
 * checks of a body, features with hashing. Medians over interleaved rounds on generated readings,
 * and the best round, which a busy machine disturbs less.
 *
 *     npx tsx bench/features.ts
 */
import {
  PICK_REGNO_FEATURES,
  pickRegnoFeatures,
  toFeatureRow,
} from '../app/plates/pick-regno-features.js';
import { parseReading } from '../app/plates/parse-reading.js';
import { ReadingEncoder } from '../app/plates/reading-encoder.js';
import type { Reading } from '../app/plates/reading.js';
import { encodeRows } from '../app/model/onnx/encode-rows.js';
import type { ModelSignature } from '../app/model/onnx/signature.js';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { median } from '../tools/report.js';

const READINGS = 2_000;
const ROUNDS = 41;
const BATCH_SIZES = [1, 8, 64];

const random = new Random(20_240_614);
const texts = Array.from({ length: READINGS }, () => JSON.stringify(makeReading(random)));
const bodies = texts.map((text) => JSON.parse(text) as unknown);
const arrayBodies = bodies.map(withArrays);
const readings = bodies.map(readingOf);
const modelSignature = signature();
const encoder = new ReadingEncoder(modelSignature);

/** Everything a stage computes is added up, so that nothing can be optimised away. */
let sink = 0;

const stages: readonly (readonly [name: string, run: () => void])[] = [
  ['JSON.parse of the body', () => texts.forEach((text) => keep(JSON.parse(text) as object))],
  ['parseReading, lists as text', () => bodies.forEach((body) => keep(parseReading(body)))],
  ['parseReading, lists as arrays', () => arrayBodies.forEach((body) => keep(parseReading(body)))],
  ...BATCH_SIZES.map((size) => [`encode, batches of ${size}`, () => encodeAll(size)] as const),
  [`the same, written plainly`, encodePlainly],
];

const times = stages.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, [, run]] of stages.entries()) {
    const start = performance.now();
    run();
    times[i]?.push(((performance.now() - start) * 1000) / READINGS);
  }
}
for (const [i, [name]] of stages.entries()) {
  const best = Math.min(...(times[i] ?? []));
  const middle = median(times[i] ?? []);
  console.log(`${name.padEnd(32)} ${middle.toFixed(2)} µs a row (best ${best.toFixed(2)})`);
}
console.log(`(${READINGS} readings, ${ROUNDS} rounds, Node ${process.version}, sum ${sink})`);

function keep(value: object): void {
  sink += 'ok' in value ? 1 : 0;
}

function encodeAll(batchSize: number): void {
  for (let start = 0; start < readings.length; start += batchSize) {
    const batch = encoder.encode(readings.slice(start, start + batchSize));
    sink += batch.texts[0]?.width ?? 0;
  }
}

/** The readable way, which gives the same tensors. */
function encodePlainly(): void {
  const { features } = modelSignature;
  const rows = readings.map((reading) => toFeatureRow(features, pickRegnoFeatures(reading)));
  sink += encodeRows(modelSignature, rows).rows;
}

function readingOf(body: unknown): Reading {
  const parsed = parseReading(body);
  if (!parsed.ok)
    throw new Error(`A generated reading is refused: ${JSON.stringify(parsed.faults)}`);
  return parsed.reading;
}

function withArrays(body: unknown): unknown {
  const { charScores, lengthScores } = readingOf(body);
  return {
    ...(body as object),
    afts_regno_ai_char_scores: charScores,
    afts_regno_ai_length_scores: lengthScores,
  };
}

/** A model over all features of pick_regno, in its own order. */
function signature(): ModelSignature {
  const counts = { float: 0, categorical: 0, text: 0 };
  return {
    features: [...PICK_REGNO_FEATURES].map(([name, kind]) => ({
      name,
      kind,
      index: counts[kind]++,
    })),
    classNames: ['0', '1'],
    dimension: 1,
    link: 'sigmoid',
    textSeeds: ['0', '0'],
    padToken: '-1',
    sourceSha256: '',
    sourceFormat: 'catboost-cbm',
    compilerVersion: '1',
  };
}
