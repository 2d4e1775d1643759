import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { TestProcess } from '../testing/child-process.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { lacks } from '../testing/lacks.js';
import { pathOf } from '../testing/provide-programs.js';

const ROOT = resolve(import.meta.dirname, '../..');
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

vi.setConfig({ testTimeout: 180_000 });

const folder = mkdtempSync(join(tmpdir(), 'regno-pictures-'));
afterAll(() => rmSync(folder, { recursive: true }));

function draw(...args: readonly string[]): TestProcess {
  const { PATH = '', HOME = '' } = process.env;
  return new TestProcess({
    command: process.execPath,
    args: ['--import', 'tsx', 'grafana/render.ts', ...args],
    cwd: ROOT,
    env: { PATH, HOME },
  });
}

describe('npm run pictures', () => {
  it.skipIf(lacks('prometheus', 'chromium'))(
    'makes all the pictures that README shows',
    async () => {
      const config = join(folder, 'prometheus.yml');
      writeFileSync(config, 'global: {}\n');
      const url = `http://127.0.0.1:${await freePort()}`;
      const { PATH = '' } = process.env;
      const prometheus = new TestProcess({
        command: 'prometheus',
        args: [
          ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`],
          `--web.listen-address=${new URL(url).host}`,
        ],
        env: { PATH },
      });
      await eventually('Prometheus', async () =>
        (await fetch(`${url}/-/ready`)).ok ? true : undefined,
      );
      const out = join(folder, 'images');
      const { exited, lines } = draw(
        ...['--prometheus', url, '--out', out, '--chromium', pathOf('chromium')],
      );
      expect(await exited, lines.join('\n')).toEqual({ code: 0, signal: null });
      await prometheus.end();
      const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
      const shown = [...readme.matchAll(/\(docs\/images\/([\w-]+\.png)\)/g)].map(
        ([, name]) => name,
      );
      expect(readdirSync(out).sort()).toEqual([...new Set(shown)].sort());
      for (const name of readdirSync(out)) {
        expect(readFileSync(join(out, name)).subarray(0, 4)).toEqual(PNG);
      }
    },
  );

  it('says what is missing, and what to do, where no Prometheus answers', async () => {
    const { exited, lines } = draw('--prometheus', `http://127.0.0.1:${await freePort()}`);
    expect((await exited).code).toBe(1);
    expect(lines.join('\n')).toMatch(/^no Prometheus answers at .* "npm run stack"/);
  });

  it('names the boards where it is asked for another', async () => {
    const { exited, lines } = draw('--board', 'overwiew');
    expect((await exited).code).toBe(1);
    expect(lines.join('\n')).toMatch(/^--board: expected one of .*overview.*, got overwiew$/);
  });
});
