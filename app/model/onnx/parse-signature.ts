import { ModelError, quoted } from '../errors.js';
import { LINKS } from '../ir/ir.js';
import type { FeatureKind } from '../ir/ir.js';
import type { ModelSignature } from './signature.js';

/** Far more than models have; each costs memory in every batch. */
const FEATURES_MAX = 200_000;
/** As of the trees of a `.cbm`. */
const OUTPUTS_MAX = 4096;
const NAME_UNITS_MAX = 4096;

const LABEL_TYPES: readonly unknown[] = [undefined, 'string', 'integer', 'float', 'boolean'];
const KINDS: readonly FeatureKind[] = ['float', 'categorical', 'text'];

/**
 * Reads the JSON of a signature, which anybody can have written: texts have no control characters, as
 * they are shown in terminals, numbers are numbers, and counts are bounded and fit together.
 *
 * @throws ModelError `damaged-model` naming what is wrong, `limit-exceeded`
 */
export function parseSignature(json: string): ModelSignature {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new ModelError('damaged-model', 'The signature in the ONNX file is no JSON', { cause });
  }
  if (isRecord(value) && Array.isArray(value['features'])) {
    assertFeatureCount(value['features'].length);
  }
  if (!isSignature(value)) {
    throw damaged('lacks fields, or has fields of wrong types or values');
  }
  if (!hasIndices(value)) throw damaged('numbers its features in another way than their kinds');
  return value;
}

/**
 * Whether a model can be given a signature at all.
 *
 * @throws ModelError `unsupported-model` for names with control characters, `limit-exceeded`
 */
export function assertSignable({
  features,
  classNames,
}: Pick<ModelSignature, 'features' | 'classNames'>): void {
  assertFeatureCount(features.length);
  const bad = [...features.map(({ name }) => name), ...classNames].find((name) => !isPlain(name));
  if (bad === undefined) return;
  throw new ModelError(
    'unsupported-model',
    `The name ${quoted(bad)} of a feature or class has control characters or ` +
      `more than ${NAME_UNITS_MAX} characters; train the model with other names`,
  );
}

function assertFeatureCount(count: number): void {
  if (count <= FEATURES_MAX) return;
  throw new ModelError(
    'limit-exceeded',
    `The model has ${count} features; expected at most ${FEATURES_MAX}`,
  );
}

function damaged(problem: string): ModelError {
  return new ModelError(
    'damaged-model',
    `The signature in the ONNX file ${problem}; compile the .cbm file again`,
  );
}

function isSignature(value: unknown): value is ModelSignature {
  if (!isRecord(value)) return false;
  const { features, classNames, dimension, link, textSeeds, padToken } = value;
  const { labelType, threshold = 0.5, loss = '', warnings = [], sourceSha256 } = value;
  return (
    Array.isArray(features) &&
    features.every(isFeature) &&
    isTexts(classNames) &&
    classNames.length <= OUTPUTS_MAX &&
    isWhole(dimension, 1, OUTPUTS_MAX) &&
    LINKS.some((known) => known === link) &&
    Array.isArray(textSeeds) &&
    textSeeds.every((seed) => isInteger64(seed, 0n, 2n ** 64n)) &&
    isInteger64(padToken, -(2n ** 63n), 2n ** 63n) &&
    LABEL_TYPES.includes(labelType) &&
    typeof threshold === 'number' &&
    threshold >= 0 &&
    threshold <= 1 &&
    isTexts(warnings) &&
    isTexts([loss, value['sourceFormat'], value['compilerVersion']]) &&
    typeof sourceSha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sourceSha256)
  );
}

/** Whether the features of each kind are numbered from 0, and each text feature has a seed. */
function hasIndices({ features, textSeeds }: ModelSignature): boolean {
  const fits = KINDS.every((kind) => {
    const indices = features.filter((one) => one.kind === kind).map(({ index }) => index);
    return new Set(indices).size === indices.length && indices.every((i) => i < indices.length);
  });
  return fits && textSeeds.length === features.filter(({ kind }) => kind === 'text').length;
}

function isFeature(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { kind, name, index, position = 0 } = value;
  return (
    KINDS.some((known) => known === kind) &&
    isText(name) &&
    isWhole(index, 0, FEATURES_MAX) &&
    isWhole(position, 0, Number.MAX_SAFE_INTEGER)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && isPlain(value);
}

/** Without control characters and not endless. */
function isPlain(text: string): boolean {
  return text.length <= NAME_UNITS_MAX && !/\p{Cc}/u.test(text);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
}

/** Whether a text is a decimal number from `min` to below `end`. */
function isInteger64(value: unknown, min: bigint, end: bigint): boolean {
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return false;
  return BigInt(value) >= min && BigInt(value) < end;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
