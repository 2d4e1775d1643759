/**
 * Words for names that are missing where others stand that differ only by case, blanks, hyphens or
 * underscores: such names are never meant otherwise, and a person does not see the difference.
 *
 * @returns text that follows a message; empty where there is nothing to say.
 */
export function similarNamesAdvice(missing: readonly string[], found: readonly string[]): string {
  const wanted = new Set(missing.map(comparable));
  const similar = found.filter((name) => !missing.includes(name) && wanted.has(comparable(name)));
  if (similar.length === 0) return '';
  const list = similar.map((name) => JSON.stringify(name)).join(', ');
  const rule = missing.every((name) => /^[a-z0-9_]+$/.test(name))
    ? 'names are lower case, with underscores'
    : 'names must be exactly those';
  return `; found: ${list}; ${rule}`;
}

/** Equal for names that are spelt alike. */
export function comparable(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, '');
}
