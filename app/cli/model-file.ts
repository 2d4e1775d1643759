import { readRegularFile } from '../adapters/read-regular-file.js';

/** As the service accepts; a larger file is hardly a model. */
const MODEL_BYTES_MAX = 1024 * 1024 * 1024;

/**
 * Reads a file of limited size, whole.
 *
 * @throws ModelError where it is absent, no regular file, or too large.
 */
export function readBytes(path: string): Promise<Buffer> {
  return readRegularFile(path, MODEL_BYTES_MAX, 'a model file');
}
