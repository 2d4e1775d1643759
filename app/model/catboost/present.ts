import { ModelError } from '../errors.js';

/** The reader has checked every reference; this is for models made by hand. */
export function present<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new ModelError(
    'damaged-model',
    'damaged model: a reference to a part that is not there; read the model with readCbm',
  );
}
