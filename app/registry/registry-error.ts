/** Why a registry did not do what was asked. Each code has a heading in docs/errors.md. */
export type RegistryErrorCode =
  | 'invalid-name'
  | 'registry-unreachable'
  | 'unknown-model'
  | 'unknown-version'
  | 'version-exists'
  | 'damaged-version'
  | 'refused-version'
  | 'deployment-conflict';

/** An error of a registry: names what was wrong, what was expected and what to do. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';

  constructor(
    readonly code: RegistryErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
