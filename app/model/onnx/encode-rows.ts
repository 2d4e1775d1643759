import { ModelError } from '../errors.js';
import { CategoryHasher } from '../hash/category-hasher.js';
import { TokenHasher } from '../hash/token-hasher.js';
import type { FeatureKind, FeatureRow } from '../ir/ir.js';
import { toFeatureValue } from '../ir/feature-value.js';
import { expectedValues, ownValues } from '../ir/own-values.js';
import type { EncodedBatch, ModelSignature } from './signature.js';

type SignatureFeature = ModelSignature['features'][number];
type Values = readonly (number | string)[];

/**
 * Rows in flat feature order to the input tensors of a compiled model. Values are read as CatBoost's
 * Python package reads them (`toFeatureValue`): numbers are rounded to f32 (missing ones are NaN),
 * categories hashed, texts split at U+0020 into non-empty tokens and hashed. Throws ModelError
 * `invalid-input` that names the row and the feature.
 */
export function encodeRows(
  signature: ModelSignature,
  authorRows: readonly FeatureRow[],
): EncodedBatch {
  const { features } = signature;
  const rows = authorRows.map((row, index) => readRow(features, row, index));
  const positions = (kind: FeatureKind): number[] =>
    features.flatMap((feature, position) => (feature.kind === kind ? [position] : []));
  return {
    rows: rows.length,
    numeric: encodeNumbers(rows, positions('float')),
    categoryHash: encodeCategories(rows, positions('categorical')),
    texts: positions('text').map((position, text) =>
      encodeTexts(signature, rows, position, signature.textSeeds[text] ?? '0'),
    ),
  };
}

/** Returns the values of the model's features: numbers for float features, strings for others. */
function readRow(features: readonly SignatureFeature[], row: FeatureRow, index: number): Values {
  const values = ownValues(features, row);
  if (values === undefined) {
    throw new ModelError(
      'invalid-input',
      `Row ${index} has ${row.length} values, expected ${expectedValues(features)}, one per feature`,
    );
  }
  return features.map((feature, position) =>
    toFeatureValue(feature, values[position], `Row ${index}, `),
  );
}

function encodeNumbers(rows: readonly Values[], positions: readonly number[]): Float32Array {
  const numeric = new Float32Array(rows.length * positions.length);
  let at = 0;
  for (const row of rows) {
    for (const position of positions) numeric[at++] = Number(row[position]);
  }
  return numeric;
}

/** Sign-extended 32-bit hashes as pairs of words, low first. */
function encodeCategories(rows: readonly Values[], positions: readonly number[]): Uint32Array {
  const hasher = new CategoryHasher();
  const words = new Uint32Array(2 * rows.length * positions.length);
  let at = 0;
  for (const row of rows) {
    for (const position of positions) {
      const hash = hasher.hash(String(row[position]));
      words[at++] = hash;
      words[at++] = hash >> 31;
    }
  }
  return words;
}

function encodeTexts(
  signature: ModelSignature,
  rows: readonly Values[],
  position: number,
  seed: string,
): EncodedBatch['texts'][number] {
  const texts = rows.map((row) => tokensOf(String(row[position])));
  const width = texts.reduce((widest, tokens) => Math.max(widest, tokens.length), 1);
  const words = new Uint32Array(2 * rows.length * width);
  const hasher = new TokenHasher(BigInt(seed));
  const pad = BigInt.asUintN(64, BigInt(signature.padToken));
  const padLow = Number(pad & 0xffffffffn);
  const padHigh = Number(pad >> 32n);
  texts.forEach((tokens, row) => {
    const start = 2 * row * width;
    tokens.forEach((token, index) => hasher.hashToken(token, words, start + 2 * index));
    for (let at = start + 2 * tokens.length; at < start + 2 * width; at += 2) {
      words[at] = padLow;
      words[at + 1] = padHigh;
    }
  });
  return { width, words };
}

function tokensOf(text: string): string[] {
  return text.split(' ').filter((token) => token !== '');
}
