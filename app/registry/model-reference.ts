import { quoted } from '../model/errors.js';
import { RegistryError } from './registry-error.js';

/** The alias that names what serves. */
export const CHAMPION = 'champion';

/** A model of a registry and which of its versions: a version's name, or an alias. */
export interface ModelReference {
  readonly name: string;
  readonly ref: string;
}

// Names become folders, keys of objects and parts of URLs: no slash, and none that begins with a dot.
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z._+-]{0,62}$/;

/** @throws RegistryError `invalid-name` */
export function assertModelName(name: string): void {
  assertMatches('model name', name, NAME, 'small letters, digits, ".", "_" and "-"');
}

/** @throws RegistryError `invalid-name` */
export function assertVersion(version: string): void {
  assertMatches('version', version, VERSION, 'letters, digits, ".", "_", "+" and "-"');
}

/** Whether a text can be a version's name. */
export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** Whether a text can be a model's name. */
export function isModelName(text: string): boolean {
  return NAME.test(text);
}

/** @throws RegistryError `invalid-name` */
export function assertAlias(alias: string): void {
  assertMatches('alias', alias, NAME, 'small letters, digits, ".", "_" and "-"');
}

/** Whether a text has the form `name@version` or `name@alias`; a path may have it, too. */
export function isReference(text: string): boolean {
  const [name = '', ref = '', ...rest] = text.split('@');
  return rest.length === 0 && NAME.test(name) && VERSION.test(ref);
}

/**
 * @param text `name@version`, `name@alias`, or a name alone for its champion
 * @throws RegistryError `invalid-name`
 */
export function parseReference(text: string): ModelReference {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const ref = at < 0 ? CHAMPION : text.slice(at + 1);
  assertModelName(name);
  assertVersion(ref);
  return { name, ref };
}

function assertMatches(what: string, text: string, pattern: RegExp, expected: string): void {
  if (pattern.test(text)) return;
  throw new RegistryError(
    'invalid-name',
    `${what} ${quoted(text)}: expected 1 to 63 ${expected}, beginning with a letter or digit` +
      (what === 'model name' ? '; "regno models push" takes another one by --name' : ''),
  );
}
