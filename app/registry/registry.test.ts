import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shippedModelPath } from '../config/load-config.js';
import { ReadingKind } from '../plates/reading-kind.js';
import { LENIENT_RULES } from '../plates/reading-rules.js';
import { falsifyGolden, copyModelFolder } from '../../test/testing/other-model.js';
import { FolderStore } from './folder-store.js';
import { openModel } from './load-model.js';
import { filesOf, makeVersion, type ModelVersion } from './make-version.js';
import { readModelFiles, type ModelFiles } from './model-files.js';
import { isReference, parseReference } from './model-reference.js';
import { proveVersion } from './prove-version.js';
import { ModelRegistry } from './registry.js';
import { VersionCache } from './version-cache.js';

const NAME = 'pick-regno';
let shipped: ModelFiles;
let root: string;
let registry: ModelRegistry;

beforeAll(async () => {
  shipped = await readModelFiles(shippedModelPath());
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'regno-registry-'));
  registry = new ModelRegistry(new FolderStore(root));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A version that was created so many days after the first. */
function versionOf(version: string, day = 0): ModelVersion {
  return makeVersion(shipped, { version, created: new Date(Date.UTC(2026, 0, 1 + day)) });
}

const by = (reason?: string) => ({ by: 'tester', reason, at: new Date(0) });
const file = (...parts: readonly string[]): string => join(root, NAME, ...parts);
const ref = (text: string) => parseReference(`${NAME}@${text}`);

describe('a version', () => {
  it('is a model folder whose graph is compiled already, and is served as it was pushed', async () => {
    await registry.push(versionOf('1.0.0'));
    const found = await registry.find(ref('1.0.0'));
    const { identity, golden, session } = await openModel(await registry.open(found));
    expect(identity).toMatchObject({ name: NAME, version: '1.0.0' });
    expect(identity.digest).toBe(found.manifest.model.sha256);
    expect(golden.length).toBeGreaterThan(100);
    await session.release();
    // What the author stated beside goes along.
    const text = readFileSync(file('versions/1.0.0/manifest.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      metrics: { overall: { auc: expect.any(Number) as number } },
      source: { file: 'model.cbm', trees: 64 },
    });
    expect(await openModel(await readModelFiles(file('versions/1.0.0')))).toMatchObject({
      identity,
    });
  });

  it('never changes, and of two that are pushed at once one is kept', async () => {
    const pushes = await Promise.allSettled(
      Array.from({ length: 8 }, () => registry.push(versionOf('1.0.0'))),
    );
    expect(pushes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(registry.push(versionOf('1.0.0'))).rejects.toMatchObject({
      code: 'version-exists',
    });
    expect(readdirSync(file('versions'))).toEqual(['1.0.0']);
  });

  it('is proved before it is pushed: golden readings, and a budget of time', async () => {
    const kind = new ReadingKind(LENIENT_RULES);
    const proof = await proveVersion(filesOf(versionOf('1.0.0')), kind, 1e6);
    expect(proof.golden).toMatchObject({ state: 'passed' });
    await expect(proveVersion(filesOf(versionOf('1.0.0')), kind, 1)).rejects.toMatchObject({
      code: 'refused-version',
      message: expect.stringMatching(
        /one reading takes \d+ µs \(median\), the budget is 1 µs/,
      ) as string,
    });
    const folder = await copyModelFolder();
    falsifyGolden(folder);
    const wrong = makeVersion(await readModelFiles(folder), { created: new Date() });
    await expect(proveVersion(filesOf(wrong), kind, undefined)).rejects.toMatchObject({
      code: 'refused-version',
      message: expect.stringContaining('1 of 202 rows are wrong, the first is row 6') as string,
    });
  });

  it.each([
    ['../up', '1.0.0'],
    ['Upper', '1.0.0'],
    ['.hidden', '1.0.0'],
    ['', '1.0.0'],
    ['a'.repeat(64), '1.0.0'],
    [NAME, '../1'],
    [NAME, '.tmp'],
    [NAME, 'a b'],
    [NAME, ''],
  ])('has a name that can be a folder and a key: %j@%j is refused', (name, version) => {
    expect(() => makeVersion(shipped, { name, version, created: new Date() })).toThrow(
      expect.objectContaining({ code: 'invalid-name' }),
    );
  });
});

describe('a version that is not what it says', () => {
  const cut = (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 1000));
  const edit = (path: string, from: string, to: string) => {
    const text = readFileSync(path, 'latin1');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to), 'latin1');
  };

  it.each<[string, () => void, RegExp]>([
    ['cut', () => cut(file('versions/1.0.0/model.onnx')), /model.onnx has 1000 bytes, expected/],
    [
      'changed by a byte',
      () => edit(file('versions/1.0.0/model.onnx'), 'TreeEnsemble', 'TreeEnsembIe'),
      /model.onnx: SHA-256 is [0-9a-f]{64}, expected e7516ed4/,
    ],
    ['without a file', () => rmSync(file('versions/1.0.0/golden.ndjson')), /golden.ndjson is miss/],
    ['without a manifest', () => rmSync(file('versions/1.0.0/manifest.json')), /is not there/],
    ['with half a manifest', () => cut(file('versions/1.0.0/manifest.json')), /not valid JSON/],
    [
      'with a manifest that was changed with its files',
      () => edit(file('versions/1.0.0/manifest.json'), '"rows": 202', '"rows": 201'),
      /SHA-256 of its manifest.json is .*, expected .* as the deployment says \(champion\)/,
    ],
    [
      'with the manifest of another',
      () => edit(file('versions/1.0.0/manifest.json'), '"version": "1.0.0"', '"version": "2.0.0"'),
      /manifest.json is that of pick-regno@2.0.0/,
    ],
    [
      'behind a deployment that names another model',
      () => edit(file('deployments/00000001.json'), '"name": "pick-regno"', '"name": "other"'),
      /the deployment of another model/,
    ],
    [
      'behind half a deployment',
      () => writeFileSync(file('deployments/00000001.json'), '{"schemaVersion": 1'),
      /the deployment of pick-regno: not valid JSON/,
    ],
  ])('%s: is refused, and says what it is', async (_what, damage, words) => {
    await registry.push(versionOf('1.0.0'));
    await registry.promote(ref('1.0.0'), by());
    damage();
    const open = async () => registry.open(await registry.find(ref('champion')));
    await expect(open()).rejects.toMatchObject({
      code: 'damaged-version',
      message: expect.stringMatching(words) as string,
    });
    await expect(registry.promote(ref('champion'), by())).rejects.toThrow(words);
  });
});

describe('a deployment', () => {
  beforeEach(async () => {
    for (const [day, version] of ['1.0.0', '1.1.0', '1.2.0'].entries()) {
      await registry.push(versionOf(version, day));
    }
  });
  const champion = async () => (await registry.find(ref('champion'))).version;

  it('is promoted, rolled back, and remembers who did it and why', async () => {
    await expect(champion()).rejects.toMatchObject({ code: 'unknown-version' });
    await expect(registry.rollback(NAME, by())).rejects.toMatchObject({ code: 'unknown-version' });
    await registry.promote(ref('1.0.0'), by('the first'));
    await registry.setAlias(ref('1.2.0'), 'challenger', by());
    await registry.promote(ref('challenger'), by('better on trucks'));
    expect(await champion()).toBe('1.2.0');
    const after = await registry.rollback(NAME, by('worse at night'));
    expect(await champion()).toBe('1.0.0');
    expect(after).toMatchObject({ revision: 4, action: 'rollback', reason: 'worse at night' });
    expect(after.history.map(({ action, reason }) => [action, reason])).toEqual([
      ['promote', 'better on trucks'],
      ['alias challenger', undefined],
      ['promote', 'the first'],
    ]);
    await registry.removeAlias(NAME, 'challenger', by());
    await expect(registry.find(ref('challenger'))).rejects.toMatchObject({
      code: 'unknown-version',
    });
  });

  it('is changed by one of many who change it at once; the others are told', async () => {
    await registry.promote(ref('1.0.0'), by());
    const { text, etag } = (await registry.store.deployment(NAME))!;
    const writes = await Promise.allSettled(
      Array.from({ length: 10 }, () => registry.store.deploy(NAME, text, etag)),
    );
    expect(writes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const write of writes) {
      if (write.status === 'rejected') {
        expect(write.reason).toMatchObject({ code: 'deployment-conflict' });
      }
    }
  });

  it('is not changed by who has read one of long ago', async () => {
    await registry.promote(ref('1.0.0'), by());
    const { text, etag } = (await registry.store.deployment(NAME))!;
    for (let i = 0; i < 30; i += 1) await registry.promote(ref('1.1.0'), by());
    await expect(registry.store.deploy(NAME, text, etag)).rejects.toMatchObject({
      code: 'deployment-conflict',
    });
    expect(readdirSync(file('deployments'))).toHaveLength(20);
    expect((await registry.deployment(NAME))?.history).toHaveLength(30);
  });

  it('names nothing that is not there, and no alias hides a version', async () => {
    await expect(registry.promote(ref('9.9.9'), by())).rejects.toMatchObject({
      code: 'unknown-version',
    });
    await expect(registry.setAlias(ref('1.0.0'), '1.1.0', by())).rejects.toMatchObject({
      code: 'invalid-name',
    });
    await expect(registry.find({ name: 'nobody', ref: 'champion' })).rejects.toMatchObject({
      code: 'unknown-model',
      message: expect.stringContaining('it has pick-regno') as string,
    });
  });

  it('keeps its versions when old ones are collected', async () => {
    await registry.promote(ref('1.0.0'), by());
    await registry.promote(ref('1.2.0'), by());
    await registry.push(versionOf('1.3.0', 5));
    expect(await registry.collect(NAME, 1, true)).toEqual(['1.1.0']);
    expect(await registry.store.versions(NAME)).toHaveLength(4);
    expect(await registry.collect(NAME, 1, false)).toEqual(['1.1.0']);
    expect(await registry.store.versions(NAME)).toEqual(['1.0.0', '1.2.0', '1.3.0']);
  });
});

describe('names of a command line', () => {
  it.each(['../outside', 'a/b', '.hidden', 'UPPER'])(
    'never lead out of the registry: %s',
    async (name) => {
      const refusal = { code: 'invalid-name' };
      await expect(registry.collect(name, 1, false)).rejects.toMatchObject(refusal);
      await expect(registry.deployment(name)).rejects.toMatchObject(refusal);
      await expect(registry.rollback(name, by())).rejects.toMatchObject(refusal);
      await expect(registry.store.versions(name)).rejects.toMatchObject(refusal);
      await expect(registry.store.deploy(name, '{}', undefined)).rejects.toMatchObject(refusal);
    },
  );

  it('that are not there are named, and what is no version is left alone', async () => {
    const refusal = { code: 'unknown-model' };
    await expect(registry.collect('nobody', 1, false)).rejects.toMatchObject(refusal);
    await expect(registry.rollback('nobody', by())).rejects.toMatchObject(refusal);
    for (const [day, version] of ['1.0.0', '1.1.0'].entries()) {
      await registry.push(versionOf(version, day));
    }
    mkdirSync(file('versions/lost+found (old)'));
    expect(await registry.collect(NAME, 1, false)).toEqual(['1.0.0']);
    expect(readdirSync(file('versions'))).toEqual(['1.1.0', 'lost+found (old)']);
    await expect(registry.find(ref('constructor'))).rejects.toMatchObject({
      code: 'unknown-version',
    });
  });

  it('of aliases and versions do not hide each other', async () => {
    await registry.push(versionOf('1.0.0'));
    await registry.setAlias(ref('1.0.0'), 'challenger', by());
    for (const version of ['champion', 'challenger']) {
      await expect(registry.push(versionOf(version))).rejects.toMatchObject({
        code: 'invalid-name',
      });
    }
  });
});

describe('a deployment that is changed while somebody decides', () => {
  it('is not rolled back over a promotion that came between', async () => {
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await registry.push(versionOf(version));
    await registry.promote(ref('1.0.0'), by());
    await registry.promote(ref('1.1.0'), by());
    const other = new ModelRegistry(new FolderStore(root));
    const ends = await Promise.allSettled([
      registry.rollback(NAME, by()),
      other.promote(ref('1.2.0'), by()),
      other.promote(ref('1.2.0'), by()),
    ]);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await registry.deployment(NAME))?.revision).toBe(3);
  });

  it('is another one when a number comes again', async () => {
    await registry.push(versionOf('1.0.0'));
    await registry.promote(ref('1.0.0'), by('one'));
    const { text, etag } = (await registry.store.deployment(NAME))!;
    rmSync(file('deployments'), { recursive: true });
    await registry.promote(ref('1.0.0'), by('another'));
    expect((await registry.store.deployment(NAME))!.etag).not.toBe(etag);
    await expect(registry.store.deploy(NAME, text, etag)).rejects.toMatchObject({
      code: 'deployment-conflict',
    });
  });

  it('forgets its oldest states before it is too long to be read', async () => {
    await registry.push(versionOf('1.0.0'));
    const long = 'x'.repeat(1000);
    for (let i = 0; i < 40; i += 1)
      await registry.setAlias(ref('1.0.0'), `a-${i}-${'b'.repeat(50)}`, by(long));
    for (let i = 0; i < 60; i += 1) await registry.promote(ref('1.0.0'), by(long));
    const { text } = (await registry.store.deployment(NAME))!;
    expect(text.length).toBeLessThanOrEqual(1024 * 1024);
    expect((await registry.deployment(NAME))!.history.length).toBeGreaterThan(20);
    await expect(registry.promote(ref('1.0.0'), by(`${long}x`))).rejects.toThrow(/at most 1000/);
  });
});

describe('what served last on a host', () => {
  it('is kept once, and again where it is damaged', async () => {
    const cacheFolder = join(root, 'cache');
    const cache = new VersionCache(cacheFolder);
    const kept = (version: string) => join(cacheFolder, NAME, 'versions', version, 'model.onnx');
    expect(await cache.last(ref('champion'))).toBeUndefined();
    const keep = async (version: string) => {
      const found = await registry.find(ref(version));
      await cache.keep(ref('champion'), found, await registry.open(found));
    };
    for (const [day, version] of ['1.0.0', '1.1.0'].entries()) {
      await registry.push(versionOf(version, day));
      await keep(version);
    }
    const before = statSync(kept('1.1.0')).ino;
    await keep('1.1.0');
    expect(statSync(kept('1.1.0')).ino).toBe(before);
    writeFileSync(kept('1.1.0'), 'damaged');
    expect(await cache.last(ref('champion'))).toBeUndefined();
    await keep('1.1.0');
    expect((await cache.last(ref('champion')))?.path).toBe(`${NAME}@1.1.0`);
    await keep('1.0.0');
    expect((await cache.last(ref('champion')))?.path).toBe(`${NAME}@1.0.0`);
  });
});

describe('a reference', () => {
  it.each([
    ['pick-regno@champion', true],
    ['pick-regno@1.0.0+a', true],
    ['models/pick-regno', false],
    ['a@b@c', false],
    ['./a@b', false],
    ['pick-regno', false],
    ['model@home/x.cbm', false],
  ])('%s: %s', (text, expected) => {
    expect(isReference(text)).toBe(expected);
  });

  it('without a version means the champion', () => {
    expect(parseReference(NAME)).toEqual({ name: NAME, ref: 'champion' });
  });
});
