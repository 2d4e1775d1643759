import type { Config } from './load-config.js';
import { SETTINGS } from './schema.js';

/**
 * The values that must not leave the process in a text: those of secret settings, and of URLs among
 * them the user names (a DSN's is its key) and passwords, as written and as a client decodes them.
 */
export function secretValues(config: Config): string[] {
  const values = Object.entries(SETTINGS)
    .filter(([, setting]) => 'secret' in setting)
    .flatMap(([id]) => config[id as keyof Config])
    .filter((value) => typeof value === 'string');
  // The longest first, so that a part does not spoil the whole.
  return [...new Set(values.flatMap((value) => [value, ...credentialsOf(value)]))].sort(
    (a, b) => b.length - a.length,
  );
}

/** Redis's own name for who has none: a word that any text may hold. */
const REDIS_DEFAULT_USER = 'default';

function credentialsOf(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { username, password } = new URL(value);
  return [username, password]
    .filter((part) => part !== '' && part !== REDIS_DEFAULT_USER)
    .flatMap((part) => [part, decoded(part)]);
}

/** An API key may look like a URL and hold any percent sign. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
