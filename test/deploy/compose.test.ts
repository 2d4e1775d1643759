import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const FILES = ['docker-compose.yml', 'Dockerfile'];
const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
}
const { services, volumes } = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const all = Object.entries(services);

describe('the compose file', () => {
  it('has a Grafana without a password in the profile "demo" alone', () => {
    const open = all.filter(([, { environment = {} }]) =>
      Object.entries(environment).some(
        ([name, value]) => name === 'GF_AUTH_ANONYMOUS_ENABLED' && value !== 'false',
      ),
    );
    expect(open.map(([name, { profiles }]) => [name, profiles])).toEqual([
      ['grafana-demo', ['demo']],
    ]);
    expect(services['grafana']?.environment?.['GF_AUTH_ANONYMOUS_ENABLED']).toBe('false');
    expect(text).not.toContain('GRAFANA_ANONYMOUS');
  });

  it('lets no container write to a folder of the machine', () => {
    const writable = all.flatMap(([name, { volumes: mounts = [] }]) =>
      mounts
        .filter((mount) => !((mount.split(':')[0] ?? '') in volumes) && !mount.endsWith(':ro'))
        .map((mount) => `${name}: ${mount}`),
    );
    expect(writable).toEqual([]);
  });

  it("says why cAdvisor has each of the machine's folders", () => {
    const lines = text.slice(text.indexOf('\n  cadvisor:')).split('\n');
    const mounts = services['cadvisor']?.volumes ?? [];
    expect(mounts.length).toBeGreaterThan(0);
    for (const mount of mounts) {
      const at = lines.findIndex((line) => line.trim() === `- ${mount}`);
      expect(lines[at - 1], mount).toMatch(/^ +# \S/);
    }
  });

  it('names a version of each public image', () => {
    const loose = all.filter(
      ([, { image }]) => !/^regno|:v?\d[\w.-]*(@sha256:\w{64})?$/.test(image),
    );
    expect(loose).toEqual([]);
  });
});

describe('npm run pin:images', () => {
  const digest = `sha256:${'ab'.repeat(32)}`;

  /** A copy of the files, and a docker that answers as the script's text says. */
  function place(docker: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'regno-pin-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const file of FILES) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(ROOT, file), join(folder, file));
    }
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${docker}\n`);
    chmodSync(join(folder, 'docker'), 0o755);
    return folder;
  }

  function pin(folder: string) {
    const script = join(ROOT, 'scripts/pin-images.mjs');
    const env = { PATH: `${folder}:/usr/bin:/bin` };
    return spawnSync(process.execPath, [script], { cwd: folder, env, encoding: 'utf8' });
  }

  const read = (folder: string) => FILES.map((file) => readFileSync(join(folder, file), 'utf8'));

  it('writes a digest behind every public tag, and renews it', () => {
    const folder = place(`echo '{"digest":"${digest}"}'`);
    expect(pin(folder)).toMatchObject({ status: 0, stderr: '' });
    const once = read(folder);
    const images = once.flatMap((file) => [
      ...file.matchAll(/^ *(?:image: |ARG NODE_IMAGE=)(.*)$/gm),
    ]);
    const ours = images.filter(([, name = '']) => name.startsWith('regno'));
    expect(images.length - ours.length).toBeGreaterThan(8);
    for (const [, name = ''] of images) {
      expect(name.endsWith(`@${digest}`), name).toBe(!name.startsWith('regno'));
    }
    expect(pin(folder).status).toBe(0);
    expect(read(folder)).toEqual(once);
  });

  it('writes nothing, and names what failed, where one registry does not answer', () => {
    const folder = place(
      `case "$4" in redis:*) echo "no route to host" >&2; exit 1;; esac\necho '{"digest":"${digest}"}'`,
    );
    const { status, stderr } = pin(folder);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^No digest was written\.\nredis:\S+: no route to host\n$/);
    expect(read(folder)).toEqual(FILES.map((file) => readFileSync(join(ROOT, file), 'utf8')));
  });
});
