import { ModelError, quoted } from '../model/errors.js';
import type { ModelSignature } from '../model/onnx/signature.js';
import { isClassNamed } from '../serving/assert-two-classes.js';
import type { ModelManifest } from './model-manifest.js';

/** A field of the manifest, what it says, and what is so. */
type Statement = readonly [field: string, stated: Value, actual: Value];
type Value = string | number | undefined;

const SHOWN_MAX = 3;

/**
 * Holds what a manifest states about the model's file against the file.
 *
 * @throws ModelError `damaged-model` naming the fields
 */
export function assertFileFits(
  { model }: ModelManifest,
  file: { readonly bytes: Uint8Array; readonly sha256: string; readonly kind: '.cbm' | '.onnx' },
): void {
  if (model.sha256 !== file.sha256) {
    throw misfit(
      `SHA-256 is ${file.sha256}, expected ${model.sha256} as the manifest says (model.sha256)`,
    );
  }
  assertAll([
    ['model.bytes', model.bytes, file.bytes.length],
    ['model.format', model.format, file.kind === '.cbm' ? 'catboost-cbm' : 'onnx'],
  ]);
}

/**
 * Holds what a manifest states about the model against what the model says of itself.
 *
 * @param trees those of the source; undefined for a compiled file, which may have fewer or more
 * @throws ModelError `damaged-model` naming the fields
 */
export function assertModelFits(
  { model, classNames, features }: ModelManifest,
  signature: Pick<ModelSignature, 'classNames' | 'features'>,
  trees: number | undefined,
): void {
  const labels = signature.classNames;
  assertAll([
    ['model.trees', trees === undefined ? undefined : model.trees, trees],
    ['classNames.length', classNames?.length, labels.length],
    ...(classNames ?? []).map((name, i): Statement => {
      const label = labels[i] ?? '';
      const isSame = labels.length === 2 && isClassNamed(label, name);
      return [`classNames[${i}]`, isSame ? label : name, label];
    }),
    ['features.length', features?.length, signature.features.length],
    ...(features ?? []).flatMap(({ name, kind }, i): Statement[] => [
      [`features[${i}].name`, name, signature.features[i]?.name],
      [`features[${i}].kind`, kind, signature.features[i]?.kind],
    ]),
  ]);
}

function assertAll(statements: readonly Statement[]): void {
  const wrong = statements.filter(
    ([, stated, actual]) => stated !== undefined && stated !== actual,
  );
  if (wrong.length === 0) return;
  const shown = wrong
    .slice(0, SHOWN_MAX)
    .map(
      ([field, stated, actual]) => `${field} is ${shortly(stated)}, expected ${shortly(actual)}`,
    );
  const more = wrong.length - shown.length;
  throw misfit(
    `the manifest does not fit the model: ${shown.join('; ')}` +
      (more > 0 ? `; and ${more} more fields` : ''),
  );
}

function shortly(value: Value): string {
  return typeof value === 'string' ? quoted(value) : value === undefined ? 'none' : String(value);
}

function misfit(message: string): ModelError {
  return new ModelError('damaged-model', `${message}; restore the file or correct the manifest`);
}
