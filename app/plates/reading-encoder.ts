import { ModelError } from '../model/errors.js';
import { CategoryHasher } from '../model/hash/category-hasher.js';
import type { FeatureKind } from '../model/ir/ir.js';
import type { EncodedBatch, ModelSignature } from '../model/onnx/signature.js';
import { MONTH_NAMES, WEEKDAY_NAMES, weekdayIndex } from './calendar.js';
import { assertPickRegnoModel } from './pick-regno-features.js';
import { PlateSymbols } from './plate-symbols.js';
import { NUMBER_NAMES, collectNumbers } from './reading-numbers.js';
import type { Reading } from './reading.js';
import { TEMPLATE_NAMES } from './template.js';
import { floatMemory, wordMemory } from './tensor-memory.js';
import { TextColumn, type PlateField } from './text-column.js';

/**
 * Readings to input tensors, for the scoring path: what `pickRegnoFeatures`, `toFeatureRow` and
 * `encodeRows` give together, bit for bit, without maps, joined strings and BigInts in between.
 * Which value goes where is worked out once per model.
 *
 * An encoder owns the memory of its batches: a batch is good until the next `encode`, so each run
 * that may be in flight at the same time needs an encoder of its own.
 */
export class ReadingEncoder {
  /** Per column of the `numeric` tensor: position in {@link NUMBER_NAMES}. */
  readonly #numericPlan: Uint8Array;
  /** Per column of the `category_hash` tensor: position in {@link CATEGORY_NAMES}. */
  readonly #categoryPlan: Uint8Array;
  readonly #texts: readonly TextColumn[];

  readonly #hasher = new CategoryHasher();
  readonly #weekdayHashes: Int32Array;
  readonly #monthHashes: Int32Array;
  readonly #templateHashes: Int32Array;

  readonly #numeric = floatMemory();
  readonly #categoryHash = wordMemory();
  readonly #numbers = new Float64Array(NUMBER_NAMES.length);
  readonly #hashes = new Int32Array(CATEGORY_NAMES.length);
  readonly #network = new PlateSymbols();
  readonly #camera = new PlateSymbols();

  /**
   * @throws ModelError `incompatible-model` where the model asks for features that pick_regno does
   * not make.
   */
  constructor(signature: ModelSignature) {
    assertPickRegnoModel(signature);
    this.#numericPlan = planOf(signature, 'float', NUMBER_NAMES);
    this.#categoryPlan = planOf(signature, 'categorical', CATEGORY_NAMES);
    this.#texts = textColumns(signature);
    const hashAll = (names: readonly string[]): Int32Array =>
      Int32Array.from(names, (name) => this.#hasher.hash(name));
    this.#weekdayHashes = hashAll(WEEKDAY_NAMES);
    this.#monthHashes = hashAll(MONTH_NAMES);
    this.#templateHashes = hashAll(TEMPLATE_NAMES);
  }

  /** @returns one row per reading, in order; good until the next call. */
  encode(readings: readonly Reading[]): EncodedBatch {
    const rows = readings.length;
    const numeric = this.#numeric.take(rows * this.#numericPlan.length);
    const categoryHash = this.#categoryHash.take(2 * rows * this.#categoryPlan.length);
    for (const text of this.#texts) text.begin(readings);
    let row = 0;
    for (const reading of readings) {
      this.#network.decode(reading.aftsRegnoAi);
      this.#camera.decode(reading.regnoRecognize);
      this.#writeNumbers(reading, numeric, row);
      this.#writeHashes(reading, categoryHash, row);
      for (const text of this.#texts) {
        text.write(row, text.field === 'aftsRegnoAi' ? this.#network : this.#camera);
      }
      row++;
    }
    return { rows, numeric, categoryHash, texts: this.#texts.map((text) => text.tensor) };
  }

  #writeNumbers(reading: Reading, numeric: Float32Array, row: number): void {
    collectNumbers(reading, this.#network, this.#camera, this.#numbers);
    const plan = this.#numericPlan;
    const start = row * plan.length;
    for (let column = 0; column < plan.length; column++) {
      numeric[start + column] = this.#numbers[plan[column] ?? 0] ?? 0;
    }
  }

  #writeHashes(reading: Reading, words: Uint32Array, row: number): void {
    this.#collectHashes(reading);
    const plan = this.#categoryPlan;
    let at = 2 * row * plan.length;
    for (const category of plan) {
      const hash = this.#hashes[category] ?? 0;
      words[at++] = hash;
      // The upper word of the hash, sign-extended to 64 bits.
      words[at++] = hash >> 31;
    }
  }

  /** In the order of {@link CATEGORY_NAMES}. */
  #collectHashes({ cameraType, cameraClass, time }: Reading): void {
    const hashes = this.#hashes;
    hashes[0] = this.#hasher.hash(cameraType);
    hashes[1] = this.#hasher.hash(cameraClass);
    hashes[2] = this.#weekdayHashes[weekdayIndex(time)] ?? 0;
    hashes[3] = this.#monthHashes[time.month - 1] ?? 0;
    hashes[4] = this.#templateHashes[this.#camera.template()] ?? 0;
    hashes[5] = this.#templateHashes[this.#network.template()] ?? 0;
  }
}

const CATEGORY_NAMES: readonly string[] = [
  'camera_type',
  'camera_class',
  'weekday',
  'month',
  'regno_template',
  'regno_template_ai',
];

/** What each text feature is made of. */
const TEXT_FIELDS: ReadonlyMap<string, PlateField> = new Map([
  ['afts_regno_ai_text', 'aftsRegnoAi'],
  ['regno_recognize_text', 'regnoRecognize'],
]);

/** The names of a model's features of one kind, in the order of their columns. */
function namesOf(signature: ModelSignature, kind: FeatureKind): readonly string[] {
  return signature.features
    .filter((feature) => feature.kind === kind)
    .sort((a, b) => a.index - b.index)
    .map((feature) => feature.name);
}

function planOf(
  signature: ModelSignature,
  kind: FeatureKind,
  order: readonly string[],
): Uint8Array {
  return Uint8Array.from(namesOf(signature, kind), (name) => order.indexOf(name));
}

function textColumns(signature: ModelSignature): readonly TextColumn[] {
  const padToken = BigInt(signature.padToken);
  return namesOf(signature, 'text').map((name, text) => {
    const field = TEXT_FIELDS.get(name);
    const seed = signature.textSeeds[text];
    if (field === undefined || seed === undefined) {
      throw new ModelError(
        'incompatible-model',
        `The text feature ${JSON.stringify(name)} has no token seed in the model's metadata. ` +
          'Expected one seed per text feature: compile the model again.',
      );
    }
    return new TextColumn(field, BigInt(seed), padToken);
  });
}
