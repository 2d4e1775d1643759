import { HIDDEN_PLATE, hidePlates } from '../../plates/plate-shapes.js';

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

/**
 * A word of plate symbols with a Cyrillic letter and two digits, a piece of a plate perhaps: texts of
 * libraries write nothing else so.
 */
const CYRILLIC_MIX =
  /(?<![\p{L}\d_])(?=[\p{L}_]*\d[\p{L}_]*\d)(?=[\dA-Za-z_]*[А-яЁё])[\p{L}\d_]{4,}/gu;

/**
 * A second line of defence for texts that regno did not write itself, such as messages of errors
 * from libraries, which like to quote what they failed at.
 *
 * @param secrets API keys and other secrets of this service; of two of which one is a part of the
 *   other, the longer one first
 */
export function createRedactor(secrets: readonly string[]): Redact {
  const known = secrets.filter((secret) => secret.length >= KEY_CHARS_MIN);
  return (text) => {
    let clean = hidePlates(text).replace(CYRILLIC_MIX, HIDDEN_PLATE);
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
