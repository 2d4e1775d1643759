/** Takes out of a text what must not leave the process in it. */
export type Redact = (text: string) => string;

/** An error as logs and reports show it. */
export interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
}

const MESSAGE_CHARS_MAX = 500;
const STACK_CHARS_MAX = 4000;
const CAUSES_MAX = 4;
/** A shorter key would be found in every other word. */
const KEY_CHARS_MIN = 4;

/** A word of plate symbols with a Cyrillic letter and two digits: nothing else is written so. */
const CYRILLIC_PLATE =
  /(?<![\p{L}\d_])(?=[\p{L}_]*\d[\p{L}_]*\d)(?=[\dA-Za-z_]*[А-яЁё])[\p{L}\d_]{4,}/gu;
/** The same in Latin letters, where only the shapes of plates tell them from other words. */
const LATIN_PLATE =
  /(?<![A-Za-z\d])(?:[A-Z]\d{3}[A-Z]{2}\d{0,3}|[A-Z]{1,2}\d{5,7}|\d{4}[A-Z]{1,2}\d{2,3}|[A-Z]{2}\d{3}[A-Z]\d{2,3}|\d{3}(?:CD|D|T)\d{3,6})(?![A-Za-z\d])/g;

/**
 * A second line of defence for texts that regno did not write itself, such as messages of errors
 * from libraries, which like to quote what they failed at.
 *
 * @param keys API keys of this service
 */
export function createRedactor(keys: readonly string[]): Redact {
  const known = keys.filter((key) => key.length >= KEY_CHARS_MIN);
  return (text) => {
    let clean = text.replace(CYRILLIC_PLATE, '[plate]').replace(LATIN_PLATE, '[plate]');
    for (const key of known) clean = clean.replaceAll(key, '[key]');
    return clean;
  };
}

/** What an error says, redacted and bounded, with what caused it. */
export function describeError(
  error: unknown,
  redact: Redact,
  causesMax = CAUSES_MAX,
): ErrorDescription {
  if (!(error instanceof Error)) {
    return { name: typeof error, message: textOf(String(error), redact, MESSAGE_CHARS_MAX) };
  }
  const { name, message, stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const description: ErrorDescription = {
    name,
    message: textOf(message, redact, MESSAGE_CHARS_MAX),
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack: textOf(stack, redact, STACK_CHARS_MAX) }),
    ...(cause === undefined || causesMax === 0
      ? {}
      : { cause: describeError(cause, redact, causesMax - 1) }),
  };
  return description;
}

function textOf(text: string, redact: Redact, charsMax: number): string {
  // Twice the length is redacted, so that a plate at the cut is still seen whole.
  const clean = redact(text.slice(0, charsMax * 2));
  return clean.length > charsMax ? `${clean.slice(0, charsMax)}…` : clean;
}
