import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAptSource } from './apt-source.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regno-apt-'));
  mkdirSync(join(folder, 'sources.list.d'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('readAptSource', () => {
  it('reads stanzas and passes over the security archive and strangers', () => {
    writeFileSync(
      join(folder, 'sources.list.d', 'debian.sources'),
      [
        'Types: deb\nURIs: http://a.example/debian-security\nSuites: bookworm-security\n',
        'Types: deb\n# a comment\nURIs: http://a.example/debian\nSuites: bookworm bookworm-updates',
        'Signed-By: /keys/debian.gpg\n',
      ].join('\n'),
    );
    expect(readAptSource(folder)).toEqual({
      uri: 'http://a.example/debian',
      keyring: '/keys/debian.gpg',
    });
  });

  it('reads one-line sources, with options and without', () => {
    writeFileSync(
      join(folder, 'sources.list'),
      'deb https://b.example/apt tools main\n' +
        'deb [arch=amd64 signed-by=/keys/x.gpg] https://c.example/debian trixie main\n',
    );
    expect(readAptSource(folder)).toEqual({
      uri: 'https://c.example/debian',
      keyring: '/keys/x.gpg',
    });
  });

  it('says what is missing where no Debian archive is named', () => {
    writeFileSync(join(folder, 'sources.list'), 'deb https://b.example/apt tools main\n');
    expect(() => readAptSource(folder)).toThrow(/no Debian archive/);
  });
});
