import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { CommandError, reasonOf } from './command-error.js';
import { formatBytes } from './text-format.js';

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
 * @throws CommandError naming the file and what is wrong with it.
 */
export async function readModelFile(path: string): Promise<ModelFile> {
  const info = await statOf(path);
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
 * @throws CommandError where it is absent, no regular file, or too large.
 */
export async function readBytes(path: string): Promise<Buffer> {
  const info = await statOf(path);
  if (!info.isFile()) throw new CommandError(`${path}: expected a regular file`);
  if (info.size > MODEL_BYTES_MAX) {
    throw new CommandError(
      `${path} has ${formatBytes(info.size)}; expected at most ${formatBytes(MODEL_BYTES_MAX)}`,
    );
  }
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function readFileOf(path: string): Promise<Omit<ModelFile, 'manifest'>> {
  const extension = extname(path).toLowerCase();
  if (extension !== '.cbm' && extension !== '.onnx') {
    throw new CommandError(`${path}: expected a .cbm, an .onnx or a folder with a ${MANIFEST}`);
  }
  return { path, kind: extension === '.cbm' ? 'cbm' : 'onnx', bytes: await readBytes(path) };
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): CommandError {
  const reason = reasonOf(cause);
  const text = reason === 'ENOENT' ? 'there is no such file' : `cannot be read (${reason})`;
  return new CommandError(`${path}: ${text}`, undefined, { cause });
}
