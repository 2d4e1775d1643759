import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../registry/load-model.js';
import { compileCatBoost } from '../model/compile-catboost.js';
import { copyModelFolder } from '../../test/testing/other-model.js';
import { openPath } from './answer-paths.js';
import { inspectModel } from './inspect-model.js';

interface Manifest {
  name: string;
  version: string;
  model: { file: string; format: string; sha256: string; bytes: number; trees: number };
  golden: { rows: number };
  classNames: string[];
  features: { name: string; kind: string }[];
}

async function folderWith(change: (manifest: Manifest, folder: string) => void): Promise<string> {
  const folder = await copyModelFolder();
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  change(manifest, folder);
  writeFileSync(path, JSON.stringify(manifest));
  return folder;
}

const NO_SERVICE = { url: '', key: '', concurrency: 1 };

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const MISFITS: readonly [field: string, said: RegExp, change: (manifest: Manifest) => void][] = [
  [
    'model.sha256',
    /expected 0{64} .*model\.sha256/,
    ({ model }) => (model.sha256 = '0'.repeat(64)),
  ],
  ['model.bytes', /model\.bytes is 1, expected 360628/, ({ model }) => (model.bytes = 1)],
  [
    'model.format',
    /model\.format is "onnx", expected "catboost-cbm"/,
    ({ model }) => (model.format = 'onnx'),
  ],
  ['model.trees', /model\.trees is 3, expected 64/, ({ model }) => (model.trees = 3)],
  [
    'classNames',
    /classNames\[0\] is "positive", expected "/,
    ({ classNames }) => classNames.reverse(),
  ],
  [
    'classNames',
    /classNames\.length is 3, expected 2/,
    ({ classNames }) => classNames.push('other'),
  ],
  [
    'features',
    /features\[0\]\.name is "zzz", expected "afts_regno_ai_score"/,
    ({ features }) => (features[0]!.name = 'zzz'),
  ],
  [
    'features',
    /features\[0\]\.kind is "text", expected "float"/,
    ({ features }) => (features[0]!.kind = 'text'),
  ],
  [
    'features',
    /features\.length is 40, expected 41; .*and \d+ more/,
    ({ features }) => features.shift(),
  ],
];

describe('a manifest that does not fit its model', () => {
  it.each(MISFITS)('in %s (%s) is refused by whatever reads a model', async (_, said, change) => {
    const folder = await folderWith(change);
    const refusal = { code: 'damaged-model', message: expect.stringMatching(said) as string };
    await expect(loadModel(folder)).rejects.toMatchObject(refusal);
    await expect(openPath('reference', { ...NO_SERVICE, model: folder })).rejects.toMatchObject(
      refusal,
    );
    expect(await inspectModel(folder)).toMatchObject({ refused: refusal });
  });

  it.each(['\ud800', '1\r\nx: y'])(
    'in a name or version of %j is refused before it is read',
    async (text) => {
      for (const field of ['name', 'version'] as const) {
        const folder = await folderWith((manifest) => (manifest[field] = text));
        const message = expect.stringContaining(`${field}: expected a text without`) as string;
        await expect(loadModel(folder)).rejects.toMatchObject({ code: 'damaged-model', message });
      }
    },
  );

  it('in the number of golden readings is refused, too', async () => {
    const folder = await folderWith(({ golden }) => (golden.rows = 7));
    const refusal = {
      code: 'damaged-model',
      message: expect.stringMatching(/202 readings, expected 7/) as string,
    };
    await expect(loadModel(folder)).rejects.toMatchObject(refusal);
    await expect(inspectModel(folder)).rejects.toMatchObject(refusal);
  });
});

describe('a manifest that fits', () => {
  it.each([
    ['labels instead of names', (manifest: Manifest) => (manifest.classNames = ['0', '1'])],
    [
      'nothing beyond what is needed',
      (manifest: Partial<Manifest>) => {
        delete manifest.classNames;
        delete manifest.features;
      },
    ],
    [
      'a compiled model',
      ({ model }: Manifest, folder: string) => {
        const { onnx } = compileCatBoost(readFileSync(join(folder, 'model.cbm')));
        writeFileSync(join(folder, 'model.onnx'), onnx);
        Object.assign(model, {
          file: 'model.onnx',
          format: 'onnx',
          bytes: onnx.length,
          sha256: digestOf(onnx),
        });
      },
    ],
  ])('with %s is taken, and inspect shows the digest that health shows', async (_what, change) => {
    const folder = await folderWith(change);
    const { identity, session } = await loadModel(folder);
    await session.release();
    const report = await inspectModel(folder);
    expect(report).toMatchObject({
      manifest: { digestMatches: true },
      onnx: { digest: identity.digest },
    });
  });
});
