/** Why a model could not be read, compiled or run. Each code has a heading in docs/errors.md. */
export type ModelErrorCode =
  'damaged-model' | 'unsupported-model' | 'limit-exceeded' | 'invalid-input' | 'incompatible-model';

/** An error of `app/model/`: names what was wrong, what was expected and what to do. */
export class ModelError extends Error {
  override readonly name = 'ModelError';

  constructor(
    readonly code: ModelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
