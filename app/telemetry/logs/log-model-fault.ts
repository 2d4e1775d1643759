import { ModelError } from '../../model/errors.js';
import type { Logger } from './logger.js';

/** Says why what `MODEL` names cannot be served, in one line. */
export function logModelFault(log: Pick<Logger, 'error'>, model: string, error: unknown): void {
  // A ModelError says all there is to know; its stack would only bury the line.
  if (error instanceof ModelError) {
    log.error(`MODEL=${model} cannot be served: ${error.message}`, { code: error.code });
  } else log.error(`MODEL=${model} cannot be served`, { error });
}
