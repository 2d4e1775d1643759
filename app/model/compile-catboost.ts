import { createHash } from 'node:crypto';
import { lowerCbm } from './catboost/lower.js';
import { readCbm } from './catboost/read-cbm.js';
import type { Ir } from './ir/ir.js';
import { runPasses } from './ir/passes/run-passes.js';
import { emitOnnx } from './onnx/emit-onnx.js';
import type { ModelSignature } from './onnx/signature.js';

/** The stages of a compilation, in order. */
export const COMPILE_STAGES = ['digest', 'read', 'lower', 'passes', 'emit'] as const;
export type CompileStage = (typeof COMPILE_STAGES)[number];

export interface CompileOptions {
  /** Called before each stage. */
  readonly onStage?: (stage: CompileStage) => void;
}

export interface CompiledModel {
  /** One self-contained ONNX file; the same source gives the same bytes. */
  readonly onnx: Uint8Array;
  /** The model as read, before the passes: what the reference interpreter takes. */
  readonly ir: Ir;
  readonly signature: ModelSignature;
}

/**
 * Compiles a CatBoost binary model (`.cbm`) to ONNX.
 *
 * @param bytes the whole file; not kept.
 * @throws ModelError `damaged-model`, `unsupported-model` or `limit-exceeded`, naming what and where.
 */
export function compileCatBoost(bytes: Uint8Array, options: CompileOptions = {}): CompiledModel {
  const { onStage } = options;
  onStage?.('digest');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  onStage?.('read');
  const model = readCbm(bytes);
  onStage?.('lower');
  const ir = lowerCbm(model, sha256);
  onStage?.('passes');
  const optimised = runPasses(ir);
  onStage?.('emit');
  const { onnx, signature } = emitOnnx(optimised);
  return { onnx, ir, signature };
}
