import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const ENTRIES = ['bin/regno.js', 'scripts/start.mjs'];
/** Root may write anywhere, so that it must be somebody else. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const canBeNobody =
  spawnSync(process.execPath, ['--version'], { cwd: '/', ...NOBODY }).status === 0;

/** A checkout with sources and no build: what `npm ci` left in it is up to the test. */
function checkout(...files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'regno-checkout-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => {
    chmodSync(join(folder), 0o755);
    rmSync(folder, { recursive: true });
  });
  for (const entry of ['bin', 'scripts/start.mjs', 'package.json']) {
    cpSync(join(ROOT, entry), join(folder, entry), { recursive: true });
  }
  for (const file of ['app/main.ts', ...files]) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), "console.log('the old build');");
  }
  return folder;
}

function run(folder: string, entry: string, as = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, entry)], {
    cwd: '/',
    encoding: 'utf8',
    ...as,
  });
  return { status, stdout, stderr };
}

describe.each(ENTRIES)('%s in a checkout without a build', (entry) => {
  it('names TypeScript, and what to do, where development dependencies were left out', () => {
    const { status, stderr } = run(checkout('node_modules/express/package.json'), entry);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^regno: there is no build in .*TypeScript.*missing.*--omit=dev/);
    expect(stderr).toContain('npm ci --include=dev && npm run build');
  });

  it('asks for npm ci where nothing is installed', () => {
    const { status, stderr } = run(checkout(), entry);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        /^regno: \S+ has no dependencies; run "npm ci" there\n$/,
      ) as string,
    });
  });
});

describe.skipIf(!canBeNobody).each(ENTRIES)('%s in a checkout that cannot be written', (entry) => {
  const program = entry.startsWith('bin') ? 'dist/app/cli.js' : 'dist/app/main.js';
  const compiler = 'node_modules/typescript/package.json';

  it('uses a build that is older than its sources, and says so', () => {
    const folder = checkout(compiler, program);
    chmodSync(join(folder, 'node_modules'), 0o555);
    const { status, stdout, stderr } = run(folder, entry, NOBODY);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'the old build\n' });
    expect(stderr).toMatch(/cannot be written \(EACCES\); the build there is older/);
  });

  it('says what to do where there is none', () => {
    const folder = checkout(compiler);
    chmodSync(join(folder, 'node_modules'), 0o555);
    const { status, stderr } = run(folder, entry, NOBODY);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^regno: there is no build, and .* cannot be written \(EACCES\); run "npm run build"/,
    );
  });
});

describe('ONNX Runtime without a library for this machine', () => {
  it('is named in the first line, with the systems that have one and how to install', () => {
    // The package looks for its library by the architecture.
    const other = "data:text/javascript,Object.defineProperty(process,'arch',{value:'mips'})";
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', other, '--import', 'tsx', 'app/cli.ts', 'score', '-m', 'models/pick-regno', '-'],
      { cwd: ROOT, encoding: 'utf8', input: '{}' },
    );
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/^.*ONNX Runtime cannot be loaded on linux mips\..*--ignore-scripts/);
  });
});

describe('installing the package', () => {
  const check = (env: Record<string, string>) =>
    spawnSync(process.execPath, ['bin/check-install.js'], {
      cwd: ROOT,
      encoding: 'utf8',
      // Nobody is asked by a name in a test: a look-up that fails is given in place of the network.
      env: { NODE_OPTIONS: `--import ${NO_NETWORK}`, ...env },
    });
  const NO_NETWORK =
    'data:text/javascript,import%20dns%20from%22node:dns%22;' +
    'dns.lookup=(name,_o,done)=%3Edone(new%20Error(%60ENOTFOUND%20$%7Bname%7D%60))';
  const isDownloader = process.platform === 'linux' && process.arch === 'x64';
  const dependency = { npm_package_json: '/a/node_modules/regno/package.json' };

  it.runIf(isDownloader)('says what to do where the download of others cannot succeed', () => {
    const { status, stderr } = check({ ...dependency, npm_config_local_prefix: '/a' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^regno: .*api\.nuget\.org.*ENOTFOUND.*npm install --ignore-scripts/);
  });

  it.each([
    ['is to be skipped', { ...dependency, ONNXRUNTIME_NODE_INSTALL: 'skip' }],
    [
      'is not tried, in a checkout',
      { npm_package_json: '/a/package.json', npm_config_local_prefix: '/a' },
    ],
  ])('goes on where that download %s', (_why, env) => {
    expect(check(env)).toMatchObject({ status: 0, stderr: '' });
  });
});
