import { basename, extname } from 'node:path';
import { ModelError } from '../model/errors.js';
import type { GoldenReading } from '../serving/golden-check.js';
import type { ModelIdentity } from '../serving/ports.js';
import { readGolden } from './golden-file.js';
import { readModelFiles, type ModelFiles } from './model-files.js';
import { compileSource, modelSourceOf, type ModelSource } from './model-source.js';
import { OnnxSession } from '../serving/onnx/onnx-session.js';

/** A model that can be run, and the readings that prove it runs right. */
export interface LoadedModel {
  readonly identity: ModelIdentity;
  readonly session: OnnxSession;
  /** Empty where the model ships none. */
  readonly golden: readonly GoldenReading[];
  /** Largest difference from a golden probability that is accepted. */
  readonly goldenTolerance: number;
}

const DEFAULT_TOLERANCE = 1e-12;

/**
 * Loads what `MODEL` names: a folder with a `manifest.json`, a `.cbm` (compiled on the spot) or an
 * `.onnx` that regno's compiler made.
 *
 * @throws ModelError naming the file and what is wrong with it
 */
export async function loadModel(path: string): Promise<LoadedModel> {
  return openModel(await readModelFiles(path));
}

/**
 * The same for files that have been read.
 *
 * @throws ModelError naming the file and what is wrong with it
 */
export async function openModel(files: ModelFiles): Promise<LoadedModel> {
  const source = modelSourceOf(files);
  const { path, manifest } = source;
  const session = await openSession(source);
  const { digest, signature } = session;
  const {
    name = basename(path, extname(path)),
    version = digest.slice(0, 12),
    golden,
  } = manifest ?? {};
  return {
    identity: { name, version, digest, compilerVersion: signature.compilerVersion },
    session,
    golden: readGolden(files, manifest),
    goldenTolerance: golden?.tolerance ?? DEFAULT_TOLERANCE,
  };
}

async function openSession(source: ModelSource): Promise<OnnxSession> {
  try {
    return await OnnxSession.load(compileSource(source).onnx);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, `${source.path}: ${error.message}`, { cause: error });
  }
}
