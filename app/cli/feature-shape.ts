import { ModelError } from '../model/errors.js';
import { toFeatureValue } from '../model/ir/feature-value.js';
import { expectedValues, ownValues } from '../model/ir/own-values.js';
import type { FeatureRow } from '../model/ir/ir.js';
import type { ModelSignature } from '../model/onnx/signature.js';
import { assertPickRegnoModel } from '../plates/pick-regno-features.js';
import { assertTwoClasses } from '../serving/assert-two-classes.js';
import { similarNamesAdvice } from '../rows/similar-names.js';
import { decimalCommaAdvice, READING_SHAPE, type ReadRow, type RowShape } from './row-shape.js';

/** What is needed of a signature, or of a model's IR. */
export type StatedModel = Pick<ModelSignature, 'features' | 'classNames' | 'link' | 'dimension'>;

/** Readings for a model that decides them, else values of the model's own features. */
export function shapeOf(model: StatedModel): RowShape {
  try {
    assertTwoClasses(model);
    assertPickRegnoModel(model);
    return READING_SHAPE;
  } catch {
    return featureShape(model);
  }
}

type Features = ModelSignature['features'];

function featureShape(model: StatedModel): RowShape {
  const { features } = model;
  const names = features.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  // CatBoost names the columns of an array by their positions.
  const isNameless = features.every(({ name, position }, i) => name === String(position ?? i));
  return {
    kind: 'features',
    columns: features.map(({ name, kind }) => ({
      name,
      kind: kind === 'float' ? 'number' : 'text',
    })),
    byPosition: isNameless || repeated !== undefined,
    answers: answersOf(model),
    read(row) {
      if (row.fault !== undefined) return { error: row.fault };
      const { input } = row;
      if (Array.isArray(input)) return valuesByPosition(features, input);
      if (typeof input !== 'object' || input === null) {
        return { error: 'expected an object with a value per feature, or an array of them' };
      }
      if (repeated !== undefined) {
        const name = JSON.stringify(repeated);
        return { error: `the model has several features ${name}: give the values as an array` };
      }
      return valuesByName(features, input);
    },
    faultOf: (answer) =>
      answer.every(Number.isFinite) ? undefined : 'the model gives no finite answer for this row',
  };
}

function valuesByPosition(features: Features, values: readonly unknown[]): ReadRow {
  const own = ownValues(features, values as FeatureRow);
  if (own !== undefined) return featureRow(features, own);
  return {
    error: `${values.length} values; expected ${expectedValues(features)}, one per feature`,
  };
}

function valuesByName(features: Features, input: object): ReadRow {
  const missing = features.filter(({ name }) => !Object.hasOwn(input, name));
  if (missing.length > 0) {
    const list = missing.slice(0, NAMES_SHOWN_MAX).map(({ name }) => JSON.stringify(name));
    const more = missing.length > list.length ? ` and ${missing.length - list.length} more` : '';
    const advice = similarNamesAdvice(
      missing.map(({ name }) => name),
      Object.keys(input),
    );
    return {
      error: `no value for ${list.join(', ')}${more}; null says that it is not known${advice}`,
    };
  }
  const fields = input as Readonly<Record<string, unknown>>;
  return featureRow(
    features,
    features.map(({ name }) => fields[name]),
  );
}

const NAMES_SHOWN_MAX = 20;

function featureRow(features: Features, values: readonly unknown[]): ReadRow {
  const faults: string[] = [];
  const row = features.map((feature, i) => {
    try {
      return toFeatureValue(feature, values[i]);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      faults.push(error.message + decimalCommaAdvice(values[i]));
      return NaN;
    }
  });
  return faults.length > 0 ? { error: faults.join('; ') } : { value: row, warnings: 0 };
}

/** Columns of ours. */
const RESERVED: readonly string[] = ['id', 'class', 'error'];

/** Classes by their names. */
function answersOf({ classNames, dimension, link }: StatedModel): readonly string[] {
  if (classNames.length > 0) {
    return classNames.map((name) => (RESERVED.includes(name) ? `class ${name}` : name));
  }
  if (link === 'mean-and-variance') return ['mean', 'variance'];
  if (dimension === 1) return ['prediction'];
  return Array.from({ length: dimension }, (_, i) => `prediction_${i}`);
}
