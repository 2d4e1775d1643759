import type { FeatureRow } from './ir.js';

/**
 * The values of a model's own features, in their order. A row of the model's author has more where
 * features were left out of the file (by `drop_unused_features()`, by CatBoost 0.x): then the values
 * stand at the features' positions. Undefined where a row is neither.
 */
export function ownValues(
  features: readonly { readonly position?: number }[],
  row: FeatureRow,
): FeatureRow | undefined {
  if (row.length === features.length) return row;
  const last = features.at(-1)?.position;
  if (last === undefined || row.length <= last) return undefined;
  return features.map(({ position }, place) => row[position ?? place]);
}

/** What {@link ownValues} takes, for error messages. */
export function expectedValues(features: readonly { readonly position?: number }[]): string {
  const last = features.at(-1)?.position;
  return last === undefined ? `${features.length}` : `${features.length}, or at least ${last + 1}`;
}
