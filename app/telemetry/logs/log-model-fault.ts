import { ModelError } from '../../model/errors.js';
import { RegistryError } from '../../registry/registry-error.js';
import type { Logger } from './logger.js';

/** Says why what `MODEL` names cannot be served, in one line. */
export function logModelFault(log: Pick<Logger, 'error'>, model: string, error: unknown): void {
  // These say all there is to know; a stack would only bury the line.
  if (error instanceof ModelError || error instanceof RegistryError) {
    log.error(`MODEL=${model} cannot be served: ${error.message}`, { code: error.code });
  } else log.error(`MODEL=${model} cannot be served`, { error });
}
