import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { readRegularFile, unreadable } from '../adapters/read-regular-file.js';
import { CommandError } from './command-error.js';

/** As the service accepts; a larger file is hardly a model. */
const MODEL_BYTES_MAX = 1024 * 1024 * 1024;
const MANIFEST = 'manifest.json';

export type ModelFileKind = 'cbm' | 'onnx';

export interface ModelFile {
  /** The file itself, also where a folder was named. */
  readonly path: string;
  readonly kind: ModelFileKind;
  readonly bytes: Uint8Array;
  /** The folder's manifest, whose content is the folder's own affair; absent for a file. */
  readonly manifest: Readonly<Record<string, unknown>> | undefined;
}

const manifestSchema = z.looseObject({
  model: z.looseObject({ file: z.string().regex(/^[\w-][\w.-]{0,254}$/) }),
});

/**
 * Reads a `.cbm`, an `.onnx`, or the one that a model folder's manifest names.
 *
 * @throws CommandError, ModelError naming the file and what is wrong with it.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const info = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause, `a .cbm, an .onnx or a folder with a ${MANIFEST}`);
  });
  if (!info.isDirectory()) return { ...(await readFileOf(path)), manifest: undefined };
  const manifestPath = join(path, MANIFEST);
  const text = (await readBytes(manifestPath)).toString('utf8');
  let manifest: z.output<typeof manifestSchema>;
  try {
    manifest = manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CommandError(`${manifestPath}: expected JSON with "model": {"file": ...}`, 1, {
      cause,
    });
  }
  return { ...(await readFileOf(join(path, manifest.model.file))), manifest };
}

/**
 * Reads a file of limited size, whole.
 *
 * @throws ModelError where it is absent, no regular file, or too large.
 */
export function readBytes(path: string): Promise<Buffer> {
  return readRegularFile(path, MODEL_BYTES_MAX, 'a model file');
}

async function readFileOf(path: string): Promise<Omit<ModelFile, 'manifest'>> {
  const extension = extname(path).toLowerCase();
  if (extension !== '.cbm' && extension !== '.onnx') {
    throw new CommandError(`${path}: expected a .cbm, an .onnx or a folder with a ${MANIFEST}`);
  }
  return { path, kind: extension === '.cbm' ? 'cbm' : 'onnx', bytes: await readBytes(path) };
}
