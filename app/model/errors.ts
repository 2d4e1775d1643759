/** Why a model could not be read, compiled or run. Each code has a heading in docs/errors.md. */
export type ModelErrorCode =
  | 'unreadable-model'
  | 'damaged-model'
  | 'unsupported-model'
  | 'limit-exceeded'
  | 'invalid-input'
  | 'incompatible-model';

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

const QUOTED_UNITS_MAX = 64;

/** A name from a file that anybody may have made, for a message: quoted, short, control characters written out. */
export function quoted(name: string): string {
  const short = name.length > QUOTED_UNITS_MAX ? `${name.slice(0, QUOTED_UNITS_MAX - 1)}…` : name;
  return JSON.stringify(short).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (symbol) => {
    return `\\u{${(symbol.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
