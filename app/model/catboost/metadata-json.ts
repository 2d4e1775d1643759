import { ModelError } from '../errors.js';

/** A model's metadata: keys such as `params` and `class_params`, values mostly JSON. */
export type Metadata = ReadonlyMap<string, string>;

/**
 * The JSON behind a key; undefined where the key is absent or its value empty (summing up models
 * leaves `params` empty).
 *
 * @throws ModelError `damaged-model` where the value is no JSON.
 */
export function readJson(info: Metadata, key: string): unknown {
  const text = info.get(key);
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return damagedMetadata(`the metadata "${key}" are not JSON`);
  }
}

/** An own property of an object; undefined for anything else. */
export function property(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
}

/** @throws ModelError `damaged-model`, always. */
export function damagedMetadata(problem: string): never {
  throw new ModelError(
    'damaged-model',
    `damaged model: ${problem} (section "InfoMap"); get the file again from where it was trained`,
  );
}
