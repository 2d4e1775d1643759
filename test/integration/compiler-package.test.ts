import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { compileCatBoost } from '../../app/model/compile-catboost.js';
import { ROOT } from '../testing/start-service.js';

const MODEL = join(ROOT, 'models/pick-regno/model.cbm');
const PROTOBUF = 'node_modules/@bufbuild/protobuf';

/** A folder with the package, the one that it needs, and nothing else. */
function installAlone(): string {
  const folder = mkdtempSync(join(tmpdir(), 'regno-compiler-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const script = join(ROOT, 'scripts/pack-compiler.mjs');
  const tarball = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
  const target = join(folder, 'node_modules/regno-compiler');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  mkdirSync(dirname(join(folder, PROTOBUF)), { recursive: true });
  cpSync(join(ROOT, PROTOBUF), join(folder, PROTOBUF), { recursive: true });
  return folder;
}

it('the compiler works as a package of its own, with one dependency', { timeout: 60_000 }, () => {
  const folder = installAlone();
  const program = `
    import { createHash } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    import { compileCatBoost, createInterpreter, encodeRows, readSignature } from 'regno-compiler';
    const { onnx, ir } = compileCatBoost(readFileSync(process.argv[1]));
    const signature = readSignature(onnx);
    const row = signature.features.map(({ kind }) => (kind === 'float' ? 1 : 'x'));
    const { probabilities } = createInterpreter(ir)(row);
    console.log(JSON.stringify({
      sha256: createHash('sha256').update(onnx).digest('hex'),
      sum: probabilities[0] + probabilities[1],
      rows: encodeRows(signature, [row]).rows,
    }));`;
  const args = ['--input-type=module', '-e', program, MODEL];
  const answer = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const { onnx } = compileCatBoost(readFileSync(MODEL));
  expect(JSON.parse(answer)).toMatchObject({
    sha256: createHash('sha256').update(onnx).digest('hex'),
    sum: expect.closeTo(1, 12) as number,
    rows: 1,
  });
  const { dependencies } = JSON.parse(
    readFileSync(join(folder, 'node_modules/regno-compiler/package.json'), 'utf8'),
  ) as { dependencies: Readonly<Record<string, string>> };
  expect(Object.keys(dependencies)).toEqual(['@bufbuild/protobuf']);
  expect(readdirSync(join(folder, 'node_modules/regno-compiler'))).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'lib', 'package.json']),
  );
});
