import { ModelError, quoted } from '../model/errors.js';
import type { FeatureKind, FeatureRow } from '../model/ir/ir.js';
import type { ModelSignature } from '../model/onnx/signature.js';
import { monthName, weekdayName } from './calendar.js';
import type { Reading } from './reading.js';
import { plateTemplate } from './template.js';

/** The symbols that have a feature of their own (letters Cyrillic, except the Latin D). */
export const SYMBOL_FEATURES: readonly string[] = Array.from('0123456789DАВЕКМНОРСТУХ');

/** What pick_regno makes: each feature's name and kind. */
export const PICK_REGNO_FEATURES: ReadonlyMap<string, FeatureKind> = new Map<string, FeatureKind>([
  ['afts_regno_ai_score', 'float'],
  ['direction', 'float'],
  ['recognition_accuracy', 'float'],
  ['max_sym_score', 'float'],
  ['min_sym_score', 'float'],
  ['max_len_score', 'float'],
  ['ai_len', 'float'],
  ['cam_len', 'float'],
  ...SYMBOL_FEATURES.map((symbol) => [symbol, 'float'] as const),
  ['foreign_sym', 'float'],
  ['hour', 'float'],
  ['camera_type', 'categorical'],
  ['camera_class', 'categorical'],
  ['weekday', 'categorical'],
  ['month', 'categorical'],
  ['regno_template', 'categorical'],
  ['regno_template_ai', 'categorical'],
  ['afts_regno_ai_text', 'text'],
  ['regno_recognize_text', 'text'],
]);

/**
 * The features of a reading by name; numbers in f64, not yet rounded to f32. Plates are taken by
 * code point, untrimmed and not normalised: Cyrillic А is not Latin A. This is the plain version,
 * against which the fast `ReadingEncoder` of reading-encoder.ts is tested.
 */
export function pickRegnoFeatures(reading: Reading): ReadonlyMap<string, number | string> {
  const network = Array.from(reading.aftsRegnoAi);
  const camera = Array.from(reading.regnoRecognize);
  return new Map<string, number | string>([
    ['afts_regno_ai_score', reading.aftsRegnoAiScore],
    ['direction', reading.direction],
    ['recognition_accuracy', reading.recognitionAccuracy],
    ['max_sym_score', Math.max(...reading.charScores)],
    ['min_sym_score', Math.min(...reading.charScores)],
    ['max_len_score', Math.max(...reading.lengthScores)],
    ['ai_len', network.length],
    ['cam_len', camera.length],
    ...symbolScores(network, reading.charScores),
    // The old service's function for it returned nothing, and the model was trained on that.
    ['foreign_sym', Number.NaN],
    ['hour', reading.time.hour],
    ['camera_type', reading.cameraType],
    ['camera_class', reading.cameraClass],
    ['weekday', weekdayName(reading.time)],
    ['month', monthName(reading.time)],
    ['regno_template', plateTemplate(reading.regnoRecognize)],
    ['regno_template_ai', plateTemplate(reading.aftsRegnoAi)],
    ['afts_regno_ai_text', network.join(' ')],
    ['regno_recognize_text', camera.join(' ')],
  ]);
}

/**
 * The row of a model from features by name.
 *
 * @param order the model's features, in its own order.
 * @throws ModelError `incompatible-model` where a feature is absent.
 */
export function toFeatureRow(
  order: ModelSignature['features'],
  features: ReadonlyMap<string, number | string>,
): FeatureRow {
  return order.map(({ name }) => {
    const value = features.get(name);
    if (value === undefined) throw incompatible([`${quoted(name)} is not made`]);
    return value;
  });
}

/**
 * Makes sure that pick_regno can feed a model.
 *
 * @throws ModelError `incompatible-model` naming every feature that pick_regno does not make, makes as
 * another kind, or that stands there twice; or where the features have no names.
 */
export function assertPickRegnoModel({ features }: Pick<ModelSignature, 'features'>): void {
  const seen = new Set<string>();
  const faults = features.flatMap(({ name, kind }) => {
    const made = PICK_REGNO_FEATURES.get(name);
    if (made === undefined) return [`${quoted(name)} (${kind}) is not made`];
    if (made !== kind) return [`${quoted(name)} is made as ${made}, not ${kind}`];
    return seen.size === seen.add(name).size ? [`${quoted(name)} stands there twice`] : [];
  });
  // CatBoost names the columns of an array by their positions, and pick_regno has features "0" to "9".
  if (features.every(({ name }) => /^\d+$/.test(name))) {
    faults.unshift(
      'they have no names but their positions (train from a table with named columns)',
    );
  }
  if (faults.length > 0) throw incompatible(faults);
}

/** Pairs of symbol and score up to the shorter list; the lowest score of a symbol, 1 if absent. */
function symbolScores(
  symbols: readonly string[],
  scores: readonly number[],
): readonly (readonly [symbol: string, score: number])[] {
  return SYMBOL_FEATURES.map((feature) => {
    const own = scores.filter((_, i) => symbols[i] === feature);
    return [feature, own.length === 0 ? 1 : Math.min(...own)] as const;
  });
}

const FAULTS_SHOWN_MAX = 50;

function incompatible(faults: readonly string[]): ModelError {
  const shown = faults.slice(0, FAULTS_SHOWN_MAX).join('; ');
  const rest = faults.length - FAULTS_SHOWN_MAX;
  return new ModelError(
    'incompatible-model',
    `The model asks for features that pick_regno cannot give: ${shown}` +
      `${rest > 0 ? `; and ${rest} more` : ''}. Expected a model over some of: ` +
      `${[...PICK_REGNO_FEATURES.keys()].join(', ')}. ` +
      'Serve a model trained on these features, or score rows of its own features instead.',
  );
}
