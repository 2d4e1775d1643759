import { createHash } from 'node:crypto';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { compileCatBoost } from '../model/compile-catboost.js';
import { ModelError } from '../model/errors.js';
import type { GoldenReading } from '../services/golden-check.js';
import type { ModelIdentity } from '../services/ports.js';
import { modelKindOf, readModelFiles, type ModelFiles } from './model-files.js';
import { MANIFEST_FILE, parseJson, parseManifest, type ModelManifest } from './model-manifest.js';
import { OnnxSession } from './onnx-session.js';

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

const goldenSchema = z.object({
  input: z.record(z.string(), z.unknown()),
  expected: z.object({ negative: z.number(), positive: z.number() }),
});

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
export async function openModel({ path, files }: ModelFiles): Promise<LoadedModel> {
  const manifestPath = join(path, MANIFEST_FILE);
  const manifest = files.get(manifestPath);
  if (manifest !== undefined) return openFolder(path, files, parseManifest(manifestPath, manifest));
  const session = await openSession(path, bytesOf(files, path));
  const name = basename(path, extname(path));
  return {
    identity: { name, version: session.digest.slice(0, 12), ...identityOf(session) },
    session,
    golden: [],
    goldenTolerance: DEFAULT_TOLERANCE,
  };
}

async function openFolder(
  folder: string,
  files: ModelFiles['files'],
  manifest: ModelManifest,
): Promise<LoadedModel> {
  const path = join(folder, manifest.model.file);
  const bytes = bytesOf(files, path);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== manifest.model.sha256) {
    throw new ModelError(
      'damaged-model',
      `${path}: SHA-256 is ${digest}, expected ${manifest.model.sha256} as the manifest says; ` +
        'restore the file or correct the manifest',
    );
  }
  const session = await openSession(path, bytes);
  const { golden } = manifest;
  const goldenPath = golden === undefined ? undefined : join(folder, golden.file);
  return {
    identity: { name: manifest.name, version: manifest.version, ...identityOf(session) },
    session,
    golden: goldenPath === undefined ? [] : parseGolden(goldenPath, bytesOf(files, goldenPath)),
    goldenTolerance: golden?.tolerance ?? DEFAULT_TOLERANCE,
  };
}

function bytesOf(files: ModelFiles['files'], path: string): Uint8Array {
  const bytes = files.get(path);
  if (bytes === undefined) throw new ModelError('damaged-model', `${path} was not read`);
  return bytes;
}

function identityOf({ digest, signature }: OnnxSession) {
  return { digest, compilerVersion: signature.compilerVersion };
}

async function openSession(path: string, bytes: Uint8Array): Promise<OnnxSession> {
  try {
    const kind = modelKindOf(path);
    return await OnnxSession.load(kind === '.cbm' ? compileCatBoost(bytes).onnx : bytes);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

function parseGolden(path: string, bytes: Uint8Array): readonly GoldenReading[] {
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const readings = lines.map((line, i) => {
    const parsed = goldenSchema.safeParse(parseJson(`${path} line ${i + 1}`, line));
    if (parsed.success) return { input: parsed.data.input, ...parsed.data.expected };
    throw new ModelError('damaged-model', `${path} line ${i + 1}: expected {"input","expected"}`);
  });
  if (readings.length > 0) return readings;
  throw new ModelError('damaged-model', `${path}: expected at least one golden reading`);
}
