import { ModelError } from '../errors.js';
import type { Ir, LabelType, Link } from '../ir/ir.js';

/**
 * What a compiled ONNX file says of itself in its metadata: everything a caller needs to turn
 * feature values into the graph's input tensors and to name its answers.
 *
 * Tensors of the graph: `numeric` f32 [N, floats] · `category_hash` i64 [N, categoricals] (low 32
 * bits of CityHash64 v1.0, sign-extended) · `text_<i>` i64 [N, L] per text feature (MurmurHash64A of
 * each token with `textSeeds[i]`, padded with `padToken`; L may differ from call to call, >= 1).
 * A kind without features has no tensor. Outputs: `raw` f64 [N, dimension] and `probabilities`
 * f64 [N, classes], or [N, dimension] where there are no classes: what the link makes of `raw`.
 *
 * Fields that may be absent are so in files of compiler 1.0.0.
 */
export interface ModelSignature {
  /** Flat order of the model's author. */
  readonly features: readonly {
    readonly kind: 'float' | 'categorical' | 'text';
    readonly name: string;
    readonly index: number;
    /** Position in a row of the model's author, where features before it were left out. */
    readonly position?: number;
  }[];
  /** Labels as Python prints them: `True`, `0.0`, `-1`; empty where there are no classes. */
  readonly classNames: readonly string[];
  /** What the labels are, which tells the string `1` from the number. Absent without classes. */
  readonly labelType?: LabelType;
  /** Columns of `raw`. A class that training never saw has one too: -Infinity, probability 0. */
  readonly dimension: number;
  readonly link: Link;
  /** Probability above which a binary classifier's class is the second one; else 0.5. */
  readonly threshold?: number;
  /** Loss function of the training, '' where the source names none. */
  readonly loss?: string;
  /** What a user should know before relying on the answers. */
  readonly warnings?: readonly string[];
  /** Seed of MurmurHash64A per text feature, as an unsigned decimal string. */
  readonly textSeeds: readonly string[];
  /** A token hash that no dictionary holds, as a signed decimal string. */
  readonly padToken: string;
  /** Lower-case hex SHA-256 of the source model's bytes. */
  readonly sourceSha256: string;
  readonly sourceFormat: string;
  readonly compilerVersion: string;
}

/** Names of the graph's inputs. */
export const NUMERIC_INPUT = 'numeric';
export const CATEGORY_INPUT = 'category_hash';

/** Name of a text feature's input, by its index among the text features. */
export function textInput(index: number): string {
  return `text_${index}`;
}

/**
 * Input tensors of N rows as flat typed arrays, row-major. 64-bit tensors are written as pairs of
 * 32-bit words (low, high) and passed to the runtime as a BigInt64Array over the same buffer, so
 * that no BigInt is made per value.
 */
export interface EncodedBatch {
  readonly rows: number;
  /** rows * floats */
  readonly numeric: Float32Array;
  /** 2 * rows * categoricals words */
  readonly categoryHash: Uint32Array;
  /** Per text feature: 2 * rows * width words. */
  readonly texts: readonly { readonly width: number; readonly words: Uint32Array }[];
}

/**
 * The signature of a model. Throws ModelError `unsupported-model` where dictionaries of one text
 * feature have unequal seeds (CatBoost gives all of them seed 0): a token has one hash.
 */
export function signatureOf(ir: Ir, compilerVersion: string): ModelSignature {
  return {
    features: ir.features,
    classNames: ir.classNames,
    ...(ir.labelType === undefined ? {} : { labelType: ir.labelType }),
    dimension: ir.dimension,
    link: ir.link,
    threshold: ir.threshold ?? 0.5,
    loss: ir.source.loss,
    warnings: ir.source.warnings ?? [],
    textSeeds: textSeeds(ir),
    padToken: padToken(ir),
    sourceSha256: ir.source.sha256,
    sourceFormat: ir.source.format,
    compilerVersion,
  };
}

function textSeeds(ir: Ir): string[] {
  const seeds = ir.features.filter((feature) => feature.kind === 'text').map(() => '0');
  const first = new Map<number, bigint>();
  for (const { feature, seed } of ir.dictionaries) {
    const known = first.get(feature);
    if (known !== undefined && known !== seed) {
      throw new ModelError(
        'unsupported-model',
        `The dictionaries of text feature ${feature} have the seeds ${known} and ${seed}, ` +
          'expected one seed for all',
      );
    }
    first.set(feature, seed);
    seeds[feature] = seed.toString();
  }
  return seeds;
}

/** 0 unless a dictionary holds it, so that a new buffer is padded as it is. */
function padToken(ir: Ir): string {
  const taken = new Set<bigint>();
  for (const { wordHashes } of ir.dictionaries) wordHashes.forEach((hash) => taken.add(hash));
  let pad = 0n;
  while (taken.has(pad)) pad++;
  return pad.toString();
}
