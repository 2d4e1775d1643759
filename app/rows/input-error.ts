/** An input that cannot be read as rows at all. The message says what was wrong and what to do. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
