import type { Config } from './load-config.js';
import { SETTINGS } from './schema.js';

/**
 * The values that must not leave the process in a text: those of secret settings, and of URLs among
 * them the user names and passwords, as written and as a client decodes them.
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

function credentialsOf(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { username, password } = new URL(value);
  return [username, password].flatMap((part) => [part, decodeURIComponent(part)]).filter(Boolean);
}
