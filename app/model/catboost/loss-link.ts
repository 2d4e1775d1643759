import { ModelError } from '../errors.js';
import type { Link } from '../ir/ir.js';

/**
 * How CatBoost turns the raw values of a loss function into predictions. Losses whose predictions
 * are something else again (an exponent, a variance, a rank) are missing on purpose.
 */
const LINKS: ReadonlyMap<string, Link> = new Map<string, Link>([
  ['Logloss', 'sigmoid'],
  ['CrossEntropy', 'sigmoid'],
  ['Focal', 'sigmoid'],
  ['MultiClass', 'softmax'],
  ['MultiClassOneVsAll', 'one-vs-all'],
  ['MultiLogloss', 'one-vs-all'],
  ['MultiCrossEntropy', 'one-vs-all'],
  ['RMSE', 'identity'],
  ['MultiRMSE', 'identity'],
  ['MultiRMSEWithMissingValues', 'identity'],
  ['MAE', 'identity'],
  ['MAPE', 'identity'],
  ['RMSPE', 'identity'],
  ['Quantile', 'identity'],
  ['MultiQuantile', 'identity'],
  ['Expectile', 'identity'],
  ['Lq', 'identity'],
  ['Huber', 'identity'],
  ['LogCosh', 'identity'],
]);

export interface Outcome {
  readonly loss: string;
  readonly link: Link;
  readonly classNames: string[];
}

/**
 * What the model's outputs mean, from its metadata: `loss_function` (models summed up) or
 * `params.loss_function`, and `class_params.class_names`.
 *
 * @throws ModelError `unsupported-model` naming a loss function whose predictions regno does not
 *   know how to make, or where the metadata name none; `damaged-model` where they are not JSON.
 */
export function readOutcome(info: ReadonlyMap<string, string>, dimension: number): Outcome {
  const loss = readLoss(info);
  const link = LINKS.get(loss);
  if (link === undefined) {
    const what = loss === '' ? 'no loss function is named' : `loss function "${loss}"`;
    throw new ModelError(
      'unsupported-model',
      `unsupported model: ${what}; expected one of ${[...LINKS.keys()].join(', ')}`,
    );
  }
  if (link === 'sigmoid' && dimension !== 1) {
    throw damaged(`${dimension} outputs under the loss function "${loss}", expected 1`);
  }
  return {
    loss,
    link,
    classNames: link === 'identity' ? [] : readClassNames(info, link, dimension),
  };
}

function readLoss(info: ReadonlyMap<string, string>): string {
  const own = readJson(info, 'loss_function');
  const nested = property(readJson(info, 'params'), 'loss_function');
  const type = property(own ?? nested, 'type');
  return typeof type === 'string' ? type.slice(0, 64) : '';
}

function readClassNames(
  info: ReadonlyMap<string, string>,
  link: Link,
  dimension: number,
): string[] {
  const count = link === 'sigmoid' ? 2 : dimension;
  const names = property(readJson(info, 'class_params'), 'class_names');
  if (Array.isArray(names) && names.length === count) return names.map(className);
  return Array.from({ length: count }, (_, i) => String(i));
}

/** Labels that were numbers or booleans in training stand there as such. */
function className(name: unknown): string {
  if (typeof name === 'string') return name;
  if (typeof name === 'number' || typeof name === 'boolean') return String(name);
  throw damaged('a class is named neither by a string nor by a number or boolean');
}

function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
}

function readJson(info: ReadonlyMap<string, string>, key: string): unknown {
  const text = info.get(key);
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw damaged(`the metadata "${key}" are not JSON`);
  }
}

function damaged(problem: string): ModelError {
  return new ModelError(
    'damaged-model',
    `damaged model: ${problem} (section "InfoMap"); get the file again from where it was trained`,
  );
}
