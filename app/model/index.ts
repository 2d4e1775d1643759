/**
 * The compiler: CatBoost models to ONNX. Also a package of its own (`npm run pack:compiler`), which
 * needs nothing but `@bufbuild/protobuf`.
 *
 * - `.cbm` to ONNX: {@link compileCatBoost}
 * - rows of features to the tensors of a compiled model: {@link encodeRows}
 * - the oracle: {@link createInterpreter}, the model as its definition reads, plain and slow
 */
export { COMPILE_STAGES, compileCatBoost } from './compile-catboost.js';
export type { CompiledModel, CompileOptions, CompileStage } from './compile-catboost.js';

export { ModelError } from './errors.js';
export type { ModelErrorCode } from './errors.js';

export { COMPILER_VERSION } from './onnx/compiler-version.js';
export { encodeRows } from './onnx/encode-rows.js';
export { readSignature } from './onnx/metadata.js';
export { predictedClass } from './onnx/predicted-class.js';
export type { EncodedBatch, ModelSignature } from './onnx/signature.js';

export { createInterpreter } from './reference/interpret.js';
export type {
  Feature,
  FeatureKind,
  FeatureRow,
  FeatureValue,
  Ir,
  LabelType,
  Link,
  Score,
} from './ir/ir.js';
