/**
 * What a CatBoost binary model (`.cbm`) says, section by section, as plain values: checked, but not
 * yet interpreted. Names follow CatBoost's own tables.
 */
export interface CbmModel {
  /** The training's metadata: keys such as `params` and `class_params`, values mostly JSON. */
  readonly info: ReadonlyMap<string, string>;
  readonly trees: CbmTrees;
  readonly ctrTables: readonly CbmCtrTable[];
  /** Absent in models without text features. */
  readonly text: CbmTextProcessing | undefined;
}

/** The table TModelTrees: features in file order and trees, all symmetric or all of single nodes. */
export interface CbmTrees {
  /** Outputs per leaf. */
  readonly dimension: number;
  /**
   * An index into the list of binary features per tree and level, or per tree and node (-1 where the
   * node asks nothing); trees back to back.
   */
  readonly splits: Int32Array;
  /** Levels per tree. */
  readonly depths: Int32Array;
  /** Absent where the trees are symmetric. */
  readonly nodes: CbmTreeNodes | undefined;
  /** Symmetric trees: `dimension * 2 ** depth` values per tree, back to back. */
  readonly leaves: Float64Array;
  readonly floatFeatures: readonly CbmFloatFeature[];
  readonly categoricalFeatures: readonly CbmNamedFeature[];
  readonly textFeatures: readonly CbmNamedFeature[];
  readonly oneHotFeatures: readonly CbmOneHotFeature[];
  readonly estimatedFeatures: readonly CbmEstimatedFeature[];
  readonly ctrFeatures: readonly CbmCtrFeature[];
  readonly scale: number;
  /** One per output. */
  readonly bias: readonly number[];
}

/** The nodes of non-symmetric trees, trees back to back. */
export interface CbmTreeNodes {
  /** Nodes per tree. */
  readonly sizes: Int32Array;
  /** How many nodes further the row goes where the node's split fails; 0: it stays. */
  readonly whenFalse: Uint16Array;
  /** The same where the split holds. */
  readonly whenTrue: Uint16Array;
  /** Where a row that stays at the node finds the first of its `dimension` values in `leaves`. */
  readonly leaf: Uint32Array;
}

/** A categorical or text feature. */
export interface CbmNamedFeature {
  /** Position among the features of the same kind. */
  readonly index: number;
  /** Position among all features. */
  readonly flatIndex: number;
  /** '' where the training named no features. */
  readonly name: string;
}

export type NanTreatment = 'as-is' | 'as-false' | 'as-true';

export interface CbmFloatFeature extends CbmNamedFeature {
  readonly hasNans: boolean;
  readonly nanTreatment: NanTreatment;
  /** Ascending. */
  readonly borders: Float32Array;
}

export interface CbmOneHotFeature {
  /** Index of the categorical feature. */
  readonly categorical: number;
  /** Distinct 32-bit hashes, signed. */
  readonly values: Int32Array;
}

/** An output of a text calcer. */
export interface CbmEstimatedFeature {
  /** Index of the text feature. */
  readonly text: number;
  /** Guid of the calcer. */
  readonly calcer: string;
  /** Position among the calcer's active outputs. */
  readonly localIndex: number;
  readonly borders: Float32Array;
}

export const CTR_TYPES = [
  'Borders',
  'Buckets',
  'BinarizedTargetMeanValue',
  'FloatTargetMeanValue',
  'Counter',
  'FeatureFreq',
] as const;

export type CtrType = (typeof CTR_TYPES)[number];

/** What a target statistic is taken over; equal bases share a table. */
export interface CbmCtrBase {
  readonly type: CtrType;
  readonly targetBorderClassifier: number;
  /** Indices of categorical features, in hashing order. */
  readonly categories: readonly number[];
  readonly floatSplits: readonly { readonly index: number; readonly border: number }[];
  readonly oneHotSplits: readonly { readonly index: number; readonly value: number }[];
}

export interface CbmCtrFeature {
  readonly base: CbmCtrBase;
  readonly targetBorder: number;
  readonly priorNum: number;
  readonly priorDenom: number;
  readonly shift: number;
  readonly scale: number;
  readonly borders: Float32Array;
}

export interface CbmCtrTable {
  readonly base: CbmCtrBase;
  /** Distinct projection hashes. */
  readonly hashes: BigUint64Array;
  /** The row of `statistics` of each hash. */
  readonly rows: Uint32Array;
  readonly denominator: number;
  readonly statistics: CtrStatistics;
}

export type CtrStatistics =
  | {
      /** `classes` counts per row. */
      readonly kind: 'class-counts';
      readonly classes: number;
      readonly counts: Int32Array;
    }
  | { readonly kind: 'means'; readonly sums: Float32Array; readonly counts: Int32Array }
  | { readonly kind: 'totals'; readonly counts: Int32Array };

/** The part `text_process_v2`, its guids resolved. */
export interface CbmTextProcessing {
  readonly dictionaries: readonly CbmDictionary[];
  readonly calcers: readonly CbmCalcer[];
  /** Texts after a tokenizer and a dictionary, what calcers work on. */
  readonly tokenizedFeatures: readonly CbmTokenizedFeature[];
}

export interface CbmTokenizedFeature {
  /** Index of the text feature. */
  readonly text: number;
  /** Index into {@link CbmTextProcessing.dictionaries}. */
  readonly dictionary: number;
  /** Indices into {@link CbmTextProcessing.calcers}. */
  readonly calcers: readonly number[];
}

export interface CbmDictionary {
  readonly guid: string;
  /** Tokens that have an id. */
  readonly size: number;
  /** Words in a token: 1 for single words. */
  readonly gramOrder: number;
  /** Words left out between two neighbours of a token. */
  readonly skip: number;
  /** Word to token id (gram order 1) or to word id. */
  readonly words: CbmHashTable;
  /** Word ids to token id; only where the gram order is above 1. */
  readonly grams: CbmHashTable | undefined;
}

/** MurmurHash64A values and what they stand for. */
export interface CbmHashTable {
  readonly seed: bigint;
  /** Distinct. */
  readonly hashes: BigUint64Array;
  /** One id per hash. */
  readonly ids: Uint32Array;
}

interface CbmCalcerBase {
  readonly guid: string;
  /** The calcer's outputs that the model kept, by number. */
  readonly activeOutputs: Uint32Array;
}

/** One output per token id: 1 where the text holds the token. */
export interface CbmBagOfWords extends CbmCalcerBase {
  readonly kind: 'bag-of-words';
  readonly tokenCount: number;
}

/** Class probabilities by multinomial naive Bayes; a single output (class 0) for two classes. */
export interface CbmNaiveBayes extends CbmCalcerBase {
  readonly kind: 'naive-bayes';
  readonly classPrior: number;
  readonly tokenPrior: number;
  readonly seenTokens: number;
  readonly classes: readonly {
    readonly documents: number;
    readonly tokens: number;
    /** Token id to how often the class holds it. */
    readonly counts: ReadonlyMap<number, number>;
  }[];
}

export type CbmCalcer = CbmBagOfWords | CbmNaiveBayes;
