/**
 * The intermediate representation (IR) of a gradient-boosted model: what a reader of a model format
 * produces, what passes rewrite, what the reference interpreter evaluates and what the ONNX emitter
 * writes. It knows neither `.cbm` bytes nor ONNX.
 *
 * A model is evaluated in three steps:
 *  1. every {@link Column} yields one f32 number per row;
 *  2. every tree compares columns with borders (`value > border`) and yields one f64 leaf per output;
 *  3. `raw = scale * sum(leaves, in tree order, from 0) + bias`, and the link turns raw into
 *     probabilities.
 */

export type FeatureKind = 'float' | 'categorical' | 'text';

/** One input of the model, in the order in which the model's author passed them. */
export interface Feature {
  readonly kind: FeatureKind;
  readonly name: string;
  /** Position among the features of the same kind. */
  readonly index: number;
  /** Position in a row of the model's author, where features before it were left out of the model. */
  readonly position?: number;
}

/**
 * What a float feature's NaN compares as: `below` every border (NaN -> -infinity, or CatBoost's
 * as-is rule, under which all comparisons are false) or `above` every border (+infinity).
 */
export type MissingValue = 'below' | 'above';

/** A float input, rounded to f32. */
export interface FloatColumn {
  readonly kind: 'float';
  /** Index among the float features. */
  readonly feature: number;
  readonly missing: MissingValue;
}

/** 1 where the category's hash equals `hash`, else 0. */
export interface OneHotColumn {
  readonly kind: 'one-hot';
  /** Index among the categorical features. */
  readonly feature: number;
  /** Low 32 bits of CityHash64 v1.0 of the UTF-8 string, signed. */
  readonly hash: number;
}

/** A target statistic: the projection of the row is looked up in `table`. */
export interface CtrColumn {
  readonly kind: 'ctr';
  /** Index into {@link Ir.ctrTables}. */
  readonly table: number;
  /** One f32 value per row of the table. */
  readonly values: Float32Array;
  /** The value where the projection is not in the table. */
  readonly unseen: number;
}

/** How often a token of a dictionary occurs in a text (BoW asks whether this is > 0). */
export interface TokenColumn {
  readonly kind: 'token';
  /** Index into {@link Ir.dictionaries}. */
  readonly dictionary: number;
  /** Index into that dictionary's `grams`. */
  readonly gram: number;
}

/** Probability of one class by a multinomial naive Bayes over the token counts of a dictionary. */
export interface NaiveBayesColumn {
  readonly kind: 'naive-bayes';
  /** Index into {@link Ir.naiveBayes}. */
  readonly calcer: number;
  /** The class whose probability this is. */
  readonly output: number;
}

export type Column = FloatColumn | OneHotColumn | CtrColumn | TokenColumn | NaiveBayesColumn;

/**
 * A condition on a column inside a projection: `above < value <= atMost`, f32 against f32.
 * `above = -Infinity` or `atMost = Infinity` leave that side open (an open upper side accepts
 * everything above, NaN never satisfies `above` unless that is -Infinity). `never` is a condition
 * that no row meets.
 */
export type Condition =
  | {
      readonly kind: 'range';
      readonly column: number;
      readonly above: number;
      readonly atMost: number;
    }
  | { readonly kind: 'never' };

/**
 * Rows of target statistics, keyed by the hash of a projection. The hash starts at 0; each category
 * (its 32-bit hash, sign-extended) and then each condition (1 or 0) is folded in by
 * `acc = M * (acc + M * x)` mod 2^64, M = 0x4906ba494954cb65.
 */
export interface CtrTable {
  /** Indices among the categorical features, in hashing order. */
  readonly categories: readonly number[];
  readonly conditions: readonly Condition[];
  /** One projection hash per row; distinct. */
  readonly hashes: BigUint64Array;
}

/** The tokens and token combinations of one text feature that the model knows. */
export interface Dictionary {
  /** Index among the text features. */
  readonly feature: number;
  /** Seed of MurmurHash64A over a token's UTF-8 bytes. */
  readonly seed: bigint;
  /** Hash of each known word; a word's index here is its id. Distinct. */
  readonly wordHashes: BigUint64Array;
  /** Words in a gram: 1 for single words. */
  readonly gramOrder: number;
  /** Words between two neighbours of a gram: 0 for adjacent ones. */
  readonly skip: number;
  /**
   * The known grams, each `gramOrder` word ids, in ascending order of the token ids of the source
   * (the order in which naive Bayes adds).
   */
  readonly grams: readonly (readonly number[])[];
}

/**
 * Multinomial naive Bayes over a dictionary's grams, all in f64, output rounded to f32. For class c:
 * `v = logPrior[c] + sum over known grams t of n_t * logWeight[c][t]`,
 * `D = denominator[c] + tokenPrior * (number of distinct known grams not seen in class c)`,
 * `v -= (sum of n_t) * ln(D)`; then softmax over the classes.
 */
export interface NaiveBayes {
  readonly dictionary: number;
  readonly tokenPrior: number;
  readonly logPrior: Float64Array;
  readonly denominator: Float64Array;
  readonly classes: readonly {
    /** One weight per gram: `ln(tokenPrior + count)`, with count 0 where the class never saw it. */
    readonly logWeight: Float64Array;
    /** 1 where the class saw the gram, else 0. */
    readonly seen: Uint8Array;
  }[];
}

/** `value of column > border`, f32 against f32. */
export interface Split {
  readonly column: number;
  readonly border: number;
}

/**
 * A symmetric tree: the same split on a whole level. Bit i of the leaf index is split i; leaf i of
 * output c is `leaves[i * dimension + c]`.
 */
export interface ObliviousTree {
  readonly kind: 'oblivious';
  readonly splits: readonly Split[];
  readonly leaves: Float64Array;
}

/** A tree of single nodes in pre-order; node 0 is the root. */
export interface BinaryTree {
  readonly kind: 'binary';
  /** Column of each node's split, -1 for a leaf. */
  readonly column: Int32Array;
  /** Border of each node's split (a widened f32), 0 for a leaf. */
  readonly border: Float64Array;
  /** Node reached where `value > border` is true; for a leaf, index of its first value in `leaves`. */
  readonly whenTrue: Int32Array;
  /** Node reached otherwise; 0 for a leaf. */
  readonly whenFalse: Int32Array;
  /** `dimension` values per leaf. */
  readonly leaves: Float64Array;
}

export type Tree = ObliviousTree | BinaryTree;

/**
 * Raw value to what the model predicts: `sigmoid` p1 = 1 / (1 + exp(-raw)), p0 = 1 - p1 (one output,
 * two classes); `softmax` and `one-vs-all` (a sigmoid each) over several outputs; `identity` for
 * regression (the raw value itself); `exponent` exp(raw) (one output); `mean-and-variance` raw of
 * the first of two outputs and exp(2 * raw) of the second.
 */
export const LINKS = [
  'sigmoid',
  'softmax',
  'one-vs-all',
  'identity',
  'exponent',
  'mean-and-variance',
] as const;

export type Link = (typeof LINKS)[number];

/** Losses under which each output is a label of its own, that applies to a row or does not. */
export const MULTI_LABEL_LOSSES: ReadonlySet<string> = new Set([
  'MultiLogloss',
  'MultiCrossEntropy',
]);

/** What the labels were in Python: str, int, float or bool. */
export type LabelType = 'string' | 'integer' | 'float' | 'boolean';

export interface Ir {
  /** Flat order of the model's author. */
  readonly features: readonly Feature[];
  /** CTR columns may depend, through conditions, on any other kind; no other dependencies exist. */
  readonly columns: readonly Column[];
  readonly ctrTables: readonly CtrTable[];
  readonly dictionaries: readonly Dictionary[];
  readonly naiveBayes: readonly NaiveBayes[];
  readonly trees: readonly Tree[];
  /** Outputs per leaf: 1 unless multiclass. */
  readonly dimension: number;
  readonly scale: number;
  /** One per output; -Infinity for a class that training never saw. */
  readonly bias: readonly number[];
  readonly link: Link;
  /** Labels as Python prints them, ['0', '1'] where the model names none; empty without classes. */
  readonly classNames: readonly string[];
  /** Absent without classes. */
  readonly labelType?: LabelType;
  /** Probability above which a binary classifier's class is the second one; 0.5 where absent. */
  readonly threshold?: number;
  readonly source: {
    readonly format: 'catboost-cbm';
    /** Lower-case hex SHA-256 of the source's bytes. */
    readonly sha256: string;
    /** Loss function as the model's own metadata gives it, '' where absent. */
    readonly loss: string;
    /** What a user should know before relying on the answers. */
    readonly warnings?: readonly string[];
  };
}

/** What a feature may be given; `toFeatureValue` says what each means. */
export type FeatureValue = number | string | boolean | null | undefined;

/**
 * A row of inputs in the order of the features. Where features have positions, a whole row of the
 * model's author will do too.
 */
export type FeatureRow = readonly FeatureValue[];

/** What a model answers for one row. */
export interface Score {
  /** One raw value per output. */
  readonly raw: readonly number[];
  /** One probability per class; what the link makes of raw values where there are no classes. */
  readonly probabilities: readonly number[];
}
