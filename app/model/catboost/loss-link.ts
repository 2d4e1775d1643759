import { quoted } from '../errors.js';
import { readDecimal } from '../ir/feature-value.js';
import { MULTI_LABEL_LOSSES } from '../ir/ir.js';
import type { LabelType, Link } from '../ir/ir.js';
import { readClasses } from './class-labels.js';
import { damagedMetadata, property, readJson } from './metadata-json.js';
import type { Metadata } from './metadata-json.js';

/**
 * What CatBoost's own `predict()` (`predict_proba()` of a classifier) makes of the raw values under
 * each loss function that it can train with. docs/compiler.md has the same table for people.
 */
export const LOSS_LINKS: ReadonlyMap<string, Link> = new Map<string, Link>([
  ['Logloss', 'sigmoid'],
  ['CrossEntropy', 'sigmoid'],
  ['Focal', 'sigmoid'],
  ['MultiClass', 'softmax'],
  ['MultiClassOneVsAll', 'one-vs-all'],
  ['MultiLogloss', 'one-vs-all'],
  ['MultiCrossEntropy', 'one-vs-all'],
  ['Poisson', 'exponent'],
  ['Tweedie', 'exponent'],
  ['RMSEWithUncertainty', 'mean-and-variance'],
  ...[
    ...['RMSE', 'MAE', 'MAPE', 'RMSPE', 'Quantile', 'Expectile', 'Lq', 'Huber', 'LogCosh'],
    ...['LogLinQuantile', 'GroupQuantile', 'MultiQuantile', 'SurvivalAft', 'Cox'],
    ...['MultiRMSE', 'MultiRMSEWithMissingValues'],
    ...['YetiRank', 'YetiRankPairwise', 'LambdaMart', 'StochasticFilter', 'StochasticRank'],
    ...['PairLogit', 'PairLogitPairwise', 'QueryRMSE', 'QuerySoftMax', 'QueryCrossEntropy'],
    ...['UserPerObjMetric', 'UserQuerywiseMetric'],
    ...['PythonUserDefinedPerObject', 'PythonUserDefinedMultiTarget'],
  ].map((loss): [string, Link] => [loss, 'identity']),
]);

/** Outputs that a link needs, where it does not take any number. */
const OUTPUTS: Readonly<Partial<Record<Link, number>>> = {
  sigmoid: 1,
  exponent: 1,
  'mean-and-variance': 2,
};

/** A single output that is no class. */
const ONE = { labels: { names: [], type: undefined }, columns: [0], width: 1 };

/** What CatBoost compares probabilities with unless the model says otherwise. */
const THRESHOLD = 0.5;
const THRESHOLD_KEY = 'binclass_probability_threshold';

/** What the model's outputs mean. */
export interface Outcome {
  /** '' where the model names none. */
  readonly loss: string;
  readonly link: Link;
  /** Labels as Python prints them; empty unless the model tells classes apart. */
  readonly classNames: readonly string[];
  readonly labelType: LabelType | undefined;
  /**
   * Column of each of the trees' outputs among `width` columns: a class that training never saw has
   * a column too, which no output stands for.
   */
  readonly columns: readonly number[];
  readonly width: number;
  /** Probability above which a binary classifier's class is the second one. */
  readonly threshold: number;
  /** What a user should know before relying on the answers. */
  readonly warnings: readonly string[];
}

/**
 * What the model's outputs mean, from its metadata: `loss_function` (models summed up) or
 * `params.loss_function`, the labels (see `readClasses`), `binclass_probability_threshold`.
 *
 * @param dimension outputs of the trees.
 * @throws ModelError `damaged-model` where the metadata are not JSON or contradict the trees.
 */
export function readOutcome(info: Metadata, dimension: number): Outcome {
  const loss = readLoss(info);
  const known = LOSS_LINKS.get(loss);
  // CatBoost gives [1 - p, p] for a single label.
  const link = MULTI_LABEL_LOSSES.has(loss) && dimension === 1 ? 'sigmoid' : (known ?? 'identity');
  const expected = OUTPUTS[link];
  if (expected !== undefined && dimension !== expected) {
    damagedMetadata(`${dimension} outputs under the loss function "${loss}", expected ${expected}`);
  }
  const { threshold, warnings } = readThreshold(info);
  if (known === undefined) warnings.unshift(rawOnly(info, loss));
  const hasClasses = link === 'sigmoid' || link === 'softmax' || link === 'one-vs-all';
  // Raw values of several classes have their columns whatever the link, as in CatBoost.
  const classes =
    hasClasses || dimension > 1 ? readClasses(info, dimension, MULTI_LABEL_LOSSES.has(loss)) : ONE;
  return {
    loss,
    link,
    classNames: hasClasses ? classes.labels.names : [],
    labelType: hasClasses ? classes.labels.type : undefined,
    columns: classes.columns,
    width: classes.width,
    threshold,
    warnings,
  };
}

function readLoss(info: Metadata): string {
  const own = readJson(info, 'loss_function');
  return lossName(own ?? property(readJson(info, 'params'), 'loss_function'));
}

/** The name in `{"type": "Quantile", "params": {...}}` or in `"Quantile:alpha=0.1"`. */
function lossName(loss: unknown): string {
  const name = typeof loss === 'string' ? loss.split(':', 1)[0] : property(loss, 'type');
  // Names go into reports and metadata, where control characters have no place.
  return typeof name === 'string' ? name.slice(0, 64).replaceAll(/\p{Cc}/gu, '?') : '';
}

function rawOnly(info: Metadata, loss: string): string {
  const consequence = 'the answers are raw values, no probabilities';
  if (loss !== '') return `the loss function "${loss}" is not known: ${consequence}`;
  const summands = [...info.keys()].filter((key) => /^(?:model\d+:)+params$/.test(key)).sort();
  const losses = summands.map((key) => lossName(property(readJson(info, key), 'loss_function')));
  const distinct = [...new Set(losses)].filter((name) => name !== '');
  if (distinct.length > 1) {
    return `the model is a sum of models with different losses (${distinct.join(', ')}): ${consequence}`;
  }
  return `the model names no loss function: ${consequence}`;
}

function readThreshold(info: Metadata): { threshold: number; warnings: string[] } {
  const text = info.get(THRESHOLD_KEY)?.trim();
  if (text === undefined) return { threshold: THRESHOLD, warnings: [] };
  const number = readDecimal(text) ?? Number.NaN;
  if (number >= 0 && number <= 1) return { threshold: number, warnings: [] };
  // CatBoost finds no probability above a threshold outside 0 to 1, and takes 0.5 for what is no number.
  const threshold = Number.isNaN(number) ? THRESHOLD : 1;
  return {
    threshold,
    warnings: [
      `${THRESHOLD_KEY} is ${quoted(text)}, no number from 0 to 1: ` +
        `${threshold} is taken, as CatBoost does`,
    ],
  };
}
