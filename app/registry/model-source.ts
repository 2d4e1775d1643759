import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { compileCatBoost } from '../model/compile-catboost.js';
import { ModelError } from '../model/errors.js';
import type { Ir } from '../model/ir/ir.js';
import { readSignature } from '../model/onnx/metadata.js';
import type { ModelSignature } from '../model/onnx/signature.js';
import { assertFileFits, assertModelFits } from './manifest-fit.js';
import { modelKindOf, type ModelFiles } from './model-files.js';
import { MANIFEST_FILE, parseManifest, type ModelManifest } from './model-manifest.js';

/** The model among files that have been read. */
export interface ModelSource {
  /** The file itself, also where a folder was named. */
  readonly path: string;
  readonly kind: '.cbm' | '.onnx';
  readonly bytes: Uint8Array;
  /** Of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Absent for a bare file. */
  readonly manifest: ModelManifest | undefined;
}

export interface CompiledSource {
  readonly onnx: Uint8Array;
  readonly signature: ModelSignature;
  /** The model before the compiler's passes; an `.onnx` has lost it. */
  readonly ir: Ir | undefined;
}

/** @throws ModelError `damaged-model` where the manifest is none */
export function modelSourceOf({ path: named, files }: ModelFiles): ModelSource {
  const manifestPath = join(named, MANIFEST_FILE);
  const text = files.get(manifestPath);
  const manifest = text === undefined ? undefined : parseManifest(manifestPath, text);
  const path = manifest === undefined ? named : join(named, manifest.model.file);
  const bytes = bytesOf(files, path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, kind: modelKindOf(path), bytes, sha256, manifest };
}

/**
 * Makes the graph of a model and holds the manifest against it: whatever serves, scores, verifies or
 * inspects a model comes through here.
 *
 * @throws ModelError saying what is wrong with the file, or which field of the manifest does not fit
 */
export function compileSource(source: ModelSource): CompiledSource {
  const { kind, bytes, manifest } = source;
  // Before the compiler looks at bytes that are not those that were meant.
  if (manifest !== undefined) assertFileFits(manifest, source);
  const compiled: CompiledSource =
    kind === '.cbm'
      ? compileCatBoost(bytes)
      : { onnx: bytes, signature: readSignature(bytes), ir: undefined };
  if (manifest !== undefined) {
    assertModelFits(manifest, compiled.signature, compiled.ir?.trees.length);
  }
  return compiled;
}

/** @param path one that the manifest names */
export function bytesOf(files: ModelFiles['files'], path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes === undefined) throw new ModelError('damaged-model', `${path} was not read`);
  return bytes;
}
