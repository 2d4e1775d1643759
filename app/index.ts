/**
 * regno as a library: CatBoost models compiled to ONNX and run, in any program.
 *
 * - `.cbm` to ONNX: {@link compileCatBoost}
 * - ONNX to answers: {@link OnnxSession}, fed by {@link encodeRows} (rows of any model's features) or
 *   by {@link ReadingEncoder} (readings of number plates, for models with the features of pick_regno)
 * - the oracle: {@link createInterpreter}, the model as its definition reads, plain and slow
 *
 * Everything that this module exports is public; everything else in the package may change.
 */
export * from './model/index.js';

export { OnnxSession } from './serving/onnx/onnx-session.js';
export type { BatchScores } from './serving/onnx/onnx-session.js';

export { parseReading } from './plates/parse-reading.js';
export {
  assertPickRegnoModel,
  PICK_REGNO_FEATURES,
  pickRegnoFeatures,
  toFeatureRow,
} from './plates/pick-regno-features.js';
export { createReadingRules } from './plates/reading-rules.js';
export type { ReadingRules, ReadingSettings } from './plates/reading-rules.js';
export { READING_WARNINGS, warningsIn } from './plates/reading-warnings.js';
export type { ReadingWarning } from './plates/reading-warnings.js';
export { ReadingEncoder } from './plates/reading-encoder.js';
export type { ParsedReading, Reading, ReadingTime } from './plates/reading.js';
export type { FieldFault, WarningSet } from './serving/ports.js';
