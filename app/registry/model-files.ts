import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ModelError } from '../model/errors.js';
import { MANIFEST_FILE, parseManifest } from './model-manifest.js';
import { readRegularFile, unreadable } from './read-regular-file.js';

/**
 * What `MODEL` named at one moment. The primary reads it once and hands it to each worker, so that
 * all workers, restarted ones too, serve the same bytes whatever is in the folder by then.
 */
export interface ModelFiles {
  /** A folder or a file, as it was named; errors name it. */
  readonly path: string;
  /** The bytes of each file that belongs to the model, by its path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Largest model file that is read. */
export const MODEL_BYTES_MAX = 1024 * 1024 * 1024;
/** Largest manifest or file of golden readings. */
export const TEXT_BYTES_MAX = 64 * 1024 * 1024;
const MODEL_EXPECTED = `a model folder with a ${MANIFEST_FILE}, a .cbm or an .onnx`;

/**
 * Reads a `.cbm`, an `.onnx`, or a model folder's manifest and the files that it names. What is in
 * them is checked by `openModel`.
 *
 * @throws ModelError naming the file and what is wrong with it
 */
export async function readModelFiles(path: string): Promise<ModelFiles> {
  const info = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause, MODEL_EXPECTED);
  });
  return { path, files: info.isDirectory() ? await readFolder(path) : await readOne(path) };
}

/** Golden readings that lie in a model folder under their usual name. */
export function goldenBeside(folder: string): string | undefined {
  const path = join(folder, 'golden.ndjson');
  return existsSync(path) ? path : undefined;
}

/** @throws ModelError `unsupported-model` where a file's name says that it is no model */
export function modelKindOf(path: string): '.cbm' | '.onnx' {
  const kind = extname(path).toLowerCase();
  if (kind === '.cbm' || kind === '.onnx') return kind;
  throw new ModelError('unsupported-model', `${path}: expected ${MODEL_EXPECTED}`);
}

async function readOne(path: string): Promise<ModelFiles['files']> {
  // A file of another kind, which may be large, is not read at all.
  modelKindOf(path);
  return new Map([[path, await readRegularFile(path, MODEL_BYTES_MAX, MODEL_EXPECTED)]]);
}

async function readFolder(folder: string): Promise<ModelFiles['files']> {
  const manifestPath = join(folder, MANIFEST_FILE);
  const manifest = await readText(manifestPath, 'the manifest of a model folder');
  const { model, golden } = parseManifest(manifestPath, manifest);
  const modelPath = join(folder, model.file);
  modelKindOf(modelPath);
  const files = new Map([
    [manifestPath, manifest],
    [
      modelPath,
      await readRegularFile(modelPath, MODEL_BYTES_MAX, 'the model that the manifest names'),
    ],
  ]);
  if (golden !== undefined) {
    const goldenPath = join(folder, golden.file);
    files.set(goldenPath, await readText(goldenPath, 'golden readings'));
  }
  return files;
}

function readText(path: string, expected: string): Promise<Buffer> {
  return readRegularFile(path, TEXT_BYTES_MAX, expected);
}
