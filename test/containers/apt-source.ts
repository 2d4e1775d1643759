import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where this machine gets its Debian packages from. */
export interface AptSource {
  /** E.g. `http://deb.example.org/debian`. */
  readonly uri: string;
  readonly keyring: string;
}

const DEFAULT_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Finds the first Debian archive (not its security archive) in apt's own sources.
 *
 * @param folder normally `/etc/apt`
 * @throws Error when no source of a Debian release is named
 */
export function readAptSource(folder: string): AptSource {
  const lists = join(folder, 'sources.list.d');
  const files = existsSync(lists) ? readdirSync(lists).sort() : [];
  const texts = [
    ...files.filter((name) => name.endsWith('.sources')).map((name) => join(lists, name)),
    join(folder, 'sources.list'),
    ...files.filter((name) => name.endsWith('.list')).map((name) => join(lists, name)),
  ]
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8'));
  for (const text of texts) {
    const source = fromStanzas(text) ?? fromLines(text);
    if (source !== undefined) return source;
  }
  throw new Error(`no Debian archive is named in ${folder}: expected a source with suite bookworm`);
}

/** The format with `Types:`, `URIs:`, `Suites:` lines, stanzas divided by empty lines. */
function fromStanzas(text: string): AptSource | undefined {
  for (const stanza of text.split(/\n\s*\n/)) {
    const field = (name: string) => new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(stanza)?.[1]?.trim();
    const uri = field('URIs')?.split(/\s+/)[0];
    if (uri !== undefined && isRelease(field('Suites')?.split(/\s+/)[0])) {
      return { uri, keyring: field('Signed-By') ?? DEFAULT_KEYRING };
    }
  }
  return undefined;
}

/** The older format: `deb [options] URI suite component...`. */
function fromLines(text: string): AptSource | undefined {
  for (const line of text.split('\n')) {
    const match = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s/.exec(line);
    const uri = match?.[2];
    if (uri === undefined || !isRelease(match?.[3])) continue;
    return { uri, keyring: /signed-by=(\S+)/.exec(match?.[1] ?? '')?.[1] ?? DEFAULT_KEYRING };
  }
  return undefined;
}

function isRelease(suite: string | undefined): boolean {
  return suite !== undefined && /^(bookworm|trixie|forky|stable|testing|sid)$/.test(suite);
}
