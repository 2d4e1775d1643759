/**
 * What a compiled ONNX file says of itself in its metadata: everything a caller needs to turn
 * feature values into the graph's input tensors and to name its answers.
 *
 * Tensors of the graph: `numeric` f32 [N, floats] · `category_hash` i64 [N, categoricals] (low 32
 * bits of CityHash64 v1.0, sign-extended) · `text_<i>` i64 [N, L] per text feature (MurmurHash64A of
 * each token with `textSeeds[i]`, padded with `padToken`; L may differ from call to call, >= 1).
 * A kind without features has no tensor. Outputs: `raw` f64 [N, dimension] and `probabilities`
 * f64 [N, classes].
 */
export interface ModelSignature {
  /** Flat order of the model's author. */
  readonly features: readonly {
    readonly kind: 'float' | 'categorical' | 'text';
    readonly name: string;
    readonly index: number;
  }[];
  readonly classNames: readonly string[];
  readonly dimension: number;
  readonly link: 'sigmoid' | 'softmax' | 'one-vs-all' | 'identity';
  /** Seed of MurmurHash64A per text feature, as an unsigned decimal string. */
  readonly textSeeds: readonly string[];
  /** A token hash that no dictionary holds, as a signed decimal string. */
  readonly padToken: string;
  /** Lower-case hex SHA-256 of the source model's bytes. */
  readonly sourceSha256: string;
  readonly sourceFormat: string;
  readonly compilerVersion: string;
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
