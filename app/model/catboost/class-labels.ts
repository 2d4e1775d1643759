import { ModelError } from '../errors.js';
import type { LabelType } from '../ir/ir.js';
import { damagedMetadata, property, readJson } from './metadata-json.js';
import type { Metadata } from './metadata-json.js';

/** A file of some bytes can ask for any number of classes. */
const CLASSES_MAX = 4096;

/** What is called so has no label in CatBoost either. */
const UNNAMED = 'other';

/** Labels as Python prints them, and the type that tells `1`, `1.0`, `True` and `"1"` apart. */
export interface Labels {
  readonly names: readonly string[];
  readonly type: LabelType;
}

export interface Classes {
  readonly labels: Labels;
  /** Column of each of the trees' outputs. */
  readonly columns: readonly number[];
  /** Number of columns: more than outputs where training never saw some of the named classes. */
  readonly width: number;
}

/**
 * The classes as CatBoost's `classes_` has them, and their columns as in its predictions: from
 * `class_params` or, before 1.0, `multiclass_params`; for two classes also from
 * `params.data_processing_options.class_names`; otherwise they are numbered.
 *
 * @param dimension outputs of the trees.
 * @param multiLabel whether each output is a label of its own (MultiLogloss): a single one has the
 *   classes 0 and 1.
 * @throws ModelError `damaged-model` where these contradict the trees, `limit-exceeded`.
 */
export function readClasses(info: Metadata, dimension: number, multiLabel: boolean): Classes {
  const options = readJson(info, 'class_params') ?? readJson(info, 'multiclass_params');
  const columns = identity(dimension);
  if (dimension === 1) {
    return { labels: multiLabel ? numbered(2) : binaryLabels(info, options), columns, width: 1 };
  }
  if (options === undefined) {
    const named = namedLabels(trainingNames(info), undefined);
    const fits = named?.names.length === dimension;
    return { labels: fits ? named : numbered(dimension), columns, width: dimension };
  }
  const labels = namedLabels(property(options, 'class_names'), labelType(options));
  const count = classesCount(options);
  const places = list(property(options, 'class_to_label'));
  if (labels === undefined && count === 0) {
    // Without a list of classes, class_to_label has the labels that training found.
    const found = places.length === 0 ? numbered(dimension) : integers(places);
    return { labels: checked(found, dimension), columns, width: dimension };
  }
  const width = count === 0 ? (labels?.names.length ?? 0) : count;
  return {
    labels: checked(labels ?? numbered(count), width),
    columns: readColumns(places, dimension, width),
    width,
  };
}

function binaryLabels(info: Metadata, options: unknown): Labels {
  const named = namedLabels(property(options, 'class_names'), labelType(options));
  const count = classesCount(options);
  const found = list(property(options, 'class_to_label'));
  const fallback = namedLabels(trainingNames(info), undefined) ?? numbered(2);
  // Training that saw one class names no other, and CatBoost answers with two columns all the same.
  if (named?.names.length === 1) return { ...named, names: [...named.names, UNNAMED] };
  const inOptions = named ?? (count > 0 ? numbered(count) : undefined);
  return checked(inOptions ?? (found.length > 0 ? integers(found) : fallback), 2);
}

/** 0 where the number of classes is not given. */
function classesCount(options: unknown): number {
  const count = property(options, 'classes_count') ?? 0;
  if (!isCount(count)) return damagedMetadata('classes_count is no count');
  return count > CLASSES_MAX ? tooMany(count) : count;
}

function trainingNames(info: Metadata): unknown {
  return property(property(readJson(info, 'params'), 'data_processing_options'), 'class_names');
}

function readColumns(places: readonly unknown[], dimension: number, width: number): number[] {
  const columns = places.map((place) => {
    if (isCount(place) && place < width) return place;
    const shown = JSON.stringify(place).slice(0, 64);
    return damagedMetadata(`class_to_label holds ${shown}, expected 0 to ${width - 1}`);
  });
  const found = columns.length === 0 && width === dimension ? identity(dimension) : columns;
  if (found.length !== dimension || new Set(found).size !== dimension) {
    damagedMetadata(`class_to_label gives ${found.length} classes to ${dimension} outputs`);
  }
  return found;
}

/** undefined where no names are given. */
function namedLabels(value: unknown, stated: unknown): Labels | undefined {
  const names = list(value);
  if (names.length === 0) return undefined;
  if (names.length > CLASSES_MAX) tooMany(names.length);
  const areAll = (type: string): boolean => names.every((name) => typeof name === type);
  if (areAll('string')) return { names: names.map(String), type: 'string' };
  if (areAll('boolean')) {
    return { names: names.map((name) => (name === true ? 'True' : 'False')), type: 'boolean' };
  }
  if (!areAll('number')) {
    damagedMetadata('class_names are neither all strings nor all numbers nor all booleans');
  }
  const numbers = names.map(Number);
  // JSON has one kind of number, so 0.0 is written as 0.
  const isFloat = stated === 'Float' || !numbers.every(Number.isInteger);
  return isFloat ? { names: numbers.map(floatLabel), type: 'float' } : integers(numbers);
}

function labelType(options: unknown): unknown {
  return property(options, 'class_label_type');
}

function integers(values: readonly unknown[]): Labels {
  return {
    names: values.map((value) => {
      const number = typeof value === 'number' ? value : Number.NaN;
      // A BigInt prints all digits of a number above 2 ** 53. CatBoost cuts fractions off here.
      return Number.isFinite(number)
        ? BigInt(Math.trunc(number)).toString()
        : damagedMetadata('a class is no number');
    }),
    type: 'integer',
  };
}

function numbered(count: number): Labels {
  return { names: identity(count).map(String), type: 'integer' };
}

function checked(labels: Labels, count: number): Labels {
  if (labels.names.length === count) return labels;
  return damagedMetadata(`${labels.names.length} classes are named, the model has ${count}`);
}

/** A float as Python's repr() writes it: 1.0, 1e-05, 1e+16. */
function floatLabel(value: number): string {
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (value === 0 || (exponent >= -4 && exponent < 16)) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function identity(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function tooMany(count: number): never {
  throw new ModelError(
    'limit-exceeded',
    `the model names ${count} classes, at most ${CLASSES_MAX} are accepted`,
  );
}
