/**
 * Microseconds per row, on one thread, from JSON text to the model's input tensors: JSON.parse, the
 * checks of a body, features with hashing. Medians over interleaved rounds on generated readings,
 * and the best round, which a busy machine disturbs less.
 *
 *     npx tsx bench/features.ts
 */
import { PICK_REGNO_FEATURES } from '../app/model/features/pick-regno-features.js';
import { parseReading } from '../app/model/features/parse-reading.js';
import { ReadingEncoder } from '../app/model/features/reading-encoder.js';
import type { Reading } from '../app/model/features/reading.js';
import type { ModelSignature } from '../app/model/onnx/signature.js';

const READINGS = 2_000;
const ROUNDS = 41;
const BATCH_SIZES = [1, 8, 64];

const texts = generateBodies(READINGS, 20_240_614);
const bodies = texts.map((text) => JSON.parse(text) as unknown);
const arrayBodies = bodies.map(withArrays);
const readings = bodies.map(readingOf);
const encoder = new ReadingEncoder(signature());

/** Everything a stage computes is added up, so that nothing can be optimised away. */
let sink = 0;

const stages: readonly (readonly [name: string, run: () => void])[] = [
  ['JSON.parse of the body', () => texts.forEach((text) => keep(JSON.parse(text) as object))],
  ['parseReading, lists as text', () => bodies.forEach((body) => keep(parseReading(body)))],
  ['parseReading, lists as arrays', () => arrayBodies.forEach((body) => keep(parseReading(body)))],
  ...BATCH_SIZES.map((size) => [`encode, batches of ${size}`, () => encodeAll(size)] as const),
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
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

/** JSON texts of made-up readings: lists as text, doubles with all their digits. */
function generateBodies(count: number, seed: number): readonly string[] {
  const random = seededRandom(seed);
  const pick = (from: string): string => from[Math.floor(random() * from.length)] ?? '0';
  const digits = (length: number): string =>
    Array.from({ length }, () => pick('0123456789')).join('');
  const letter = (): string => pick('АВЕКМНОРСТУХ');
  const near1 = (): number => 1 - random() ** 8 * 0.5;
  const lengthScores = (right: number): number[] =>
    Array.from({ length: 11 }, (_, i) => (i === right ? near1() : random() * 1e-9));
  const list = (values: readonly number[]): string => `[${values.join(', ')}]`;
  return Array.from({ length: count }, () => {
    const start = letter() + digits(3) + letter() + letter();
    const network = start + digits(random() < 0.5 ? 2 : 3);
    const two = (below: number): string => String(Math.floor(random() * below)).padStart(2, '0');
    return JSON.stringify({
      regno_recognize:
        random() < 0.5 ? network.slice(0, -1) + pick('0123456789') : start + digits(2),
      afts_regno_ai: network,
      recognition_accuracy: Math.round(random() * 1e6) / 1e4,
      afts_regno_ai_score: near1(),
      afts_regno_ai_char_scores: list(Array.from(network, near1)),
      afts_regno_ai_length_scores: list(lengthScores(network.length)),
      camera_type: random() < 0.9 ? 'Стационарная' : 'Передвижная',
      camera_class: `Камера-${pick('АБВГДЕЖЗ')}`,
      time_check: `2024-${String(1 + Math.floor(random() * 12)).padStart(2, '0')}-1${two(10).slice(1)} ${two(24)}:${two(60)}:${two(60)}`,
      direction: random() < 0.5 ? 0 : 1,
    });
  });
}

/** Numbers in [0, 1) that depend on the seed only (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
