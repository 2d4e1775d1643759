import { PICK_REGNO_FEATURES, SYMBOL_FEATURES } from './pick-regno-features.js';
import type { PlateSymbols } from './plate-symbols.js';
import type { Reading } from './reading.js';

/** Names of the numbers that {@link collectNumbers} gives, in its order. */
export const NUMBER_NAMES: readonly string[] = [...PICK_REGNO_FEATURES]
  .filter(([, kind]) => kind === 'float')
  .map(([name]) => name);

/**
 * Writes every number of a reading to `out`, in the order of {@link NUMBER_NAMES}.
 *
 * @param network the symbols of `reading.aftsRegnoAi`.
 * @param camera the symbols of `reading.regnoRecognize`.
 */
export function collectNumbers(
  reading: Reading,
  network: PlateSymbols,
  camera: PlateSymbols,
  out: Float64Array,
): void {
  out[SCORE] = reading.aftsRegnoAiScore;
  out[DIRECTION] = reading.direction;
  out[ACCURACY] = reading.recognitionAccuracy;
  collectExtremes(reading, out);
  out[NETWORK_LENGTH] = network.length;
  out[CAMERA_LENGTH] = camera.length;
  collectSymbolScores(network, reading.charScores, out);
  out[FOREIGN] = Number.NaN;
  out[HOUR] = reading.time.hour;
}

const SCORE = NUMBER_NAMES.indexOf('afts_regno_ai_score');
const DIRECTION = NUMBER_NAMES.indexOf('direction');
const ACCURACY = NUMBER_NAMES.indexOf('recognition_accuracy');
const SYMBOL_MAX = NUMBER_NAMES.indexOf('max_sym_score');
const SYMBOL_MIN = NUMBER_NAMES.indexOf('min_sym_score');
const LENGTH_MAX = NUMBER_NAMES.indexOf('max_len_score');
const NETWORK_LENGTH = NUMBER_NAMES.indexOf('ai_len');
const CAMERA_LENGTH = NUMBER_NAMES.indexOf('cam_len');
const FOREIGN = NUMBER_NAMES.indexOf('foreign_sym');
const HOUR = NUMBER_NAMES.indexOf('hour');

/** The symbols' scores stand side by side, from here. */
const SYMBOLS_START = NUMBER_NAMES.indexOf(SYMBOL_FEATURES[0] ?? '');
const SYMBOLS_END = SYMBOLS_START + SYMBOL_FEATURES.length;

/** Position in {@link NUMBER_NAMES} by code point, -1 for symbols without a feature. */
const POSITION_OF_SYMBOL = Int8Array.from({ length: 0x500 }, (_, codePoint) => {
  const symbol = SYMBOL_FEATURES.indexOf(String.fromCodePoint(codePoint));
  return symbol < 0 ? -1 : SYMBOLS_START + symbol;
});

function collectExtremes({ charScores, lengthScores }: Reading, out: Float64Array): void {
  let symbolMin = Infinity;
  let symbolMax = -Infinity;
  for (const score of charScores) {
    symbolMin = Math.min(symbolMin, score);
    symbolMax = Math.max(symbolMax, score);
  }
  let lengthMax = -Infinity;
  for (const score of lengthScores) lengthMax = Math.max(lengthMax, score);
  out[SYMBOL_MIN] = symbolMin;
  out[SYMBOL_MAX] = symbolMax;
  out[LENGTH_MAX] = lengthMax;
}

function collectSymbolScores(
  network: PlateSymbols,
  scores: readonly number[],
  out: Float64Array,
): void {
  out.fill(Infinity, SYMBOLS_START, SYMBOLS_END);
  const pairs = Math.min(network.length, scores.length);
  for (let i = 0; i < pairs; i++) {
    const position = POSITION_OF_SYMBOL[network.codePoints[i] ?? 0] ?? -1;
    if (position >= 0) out[position] = Math.min(out[position] ?? 0, scores[i] ?? 0);
  }
  // Scores are finite, so what is still infinite was not read.
  for (let position = SYMBOLS_START; position < SYMBOLS_END; position++) {
    if (out[position] === Infinity) out[position] = 1;
  }
}
