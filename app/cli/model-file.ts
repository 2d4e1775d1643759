import { MODEL_BYTES_MAX } from '../registry/model-files.js';
import { readRegularFile } from '../registry/read-regular-file.js';

/**
 * Reads a file of limited size, whole.
 *
 * @throws ModelError where it is absent, no regular file, or too large.
 */
export function readBytes(path: string): Promise<Buffer> {
  return readRegularFile(path, MODEL_BYTES_MAX, 'a model file');
}
