/** Key of the customer's demo, accepted outside production only where no keys are set. */
export const DEMO_KEY = '123321';

/** Fewest characters of a key in production. */
const KEY_CHARS_MIN = 16;
/** Fewest different characters: of sixteen random hex digits one key in two million has fewer. */
const KEY_SYMBOLS_MIN = 5;

/** Keys that anybody can read in this repository, or that are on every list of common ones. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'demo-key-from-a-public-repository',
  '0123456789abcdef',
  '1234567890abcdef',
  '1234567890123456',
  '12345678901234567890',
  'abcdefghijklmnop',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfgh',
  'qwertyuiopasdfghjklzxcvbnm',
]);

/** A word over and over, such as `changemechangeme`. */
const REPEATED = /^(.{1,12}?)\1+$/;

/**
 * Why a key must not open a service in production.
 *
 * @returns words for after "key 2 of 3", without the key; undefined where it may
 */
export function weaknessOf(key: string): string | undefined {
  const lower = key.toLowerCase();
  if (key === DEMO_KEY) return 'is the public demo key';
  if (KNOWN_KEYS.has(lower)) return 'is publicly known';
  if (key.length < KEY_CHARS_MIN) return `has fewer than ${KEY_CHARS_MIN} characters`;
  if (new Set(lower).size < KEY_SYMBOLS_MIN || REPEATED.test(lower)) return 'is easily guessed';
  return undefined;
}
