/** What a command ends with; scripts may rely on it. */
export const EXIT_CODES = {
  ok: 0,
  /** A verdict that fails, a bad line, or work that could not be done: a refused model, no file, no rows. */
  failed: 1,
  /** The command was called wrongly, and nothing was done. */
  usage: 2,
} as const;
