import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestProcess } from './child-process.js';
import { eventually } from './eventually.js';
import { pathWithout } from './path-without.js';
import { isAlive, ROOT } from './start-service.js';

vi.setConfig({ testTimeout: 60_000 });

/** 128 and the signal's number, as shells have it. */
const ENDS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

let folder: string;
let run: TestProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regno-installer-'));
});

afterEach(async () => {
  await run?.end('SIGKILL');
  // Stand-ins that are left by a failed test end with their folder.
  rmSync(folder, { recursive: true });
});

describe('a run of vitest that is to end while', () => {
  it.each(ENDS)('pip installs what tests need stops it: %s', async (signal, code) => {
    const python = stand(
      'python3',
      // Called with -m venv --clear FOLDER, it makes one whose Python is the pip that follows.
      `mkdir -p "$4/bin" && ln -s '${folder}/pip' "$4/bin/python"`,
    );
    stand('pip', `echo $$ > '${folder}/pid'; ${untilAsked()}`);
    const environment = join(folder, 'environment');
    startVitest(
      'test/testing/python-environment.ts',
      `makeEnvironment('${environment}', '${join(folder, 'requirements.txt')}')`,
      { PYTHON: python },
    );
    const pid = Number(await written('pid'));
    expect(isAlive(pid)).toBe(true);
    // To this process alone, as by `kill`: pip learns of it from nobody else.
    run?.signal(signal);
    expect(await run?.exited).toMatchObject({ code });
    expect(isAlive(pid)).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0).each(ENDS)(
    'apt-get installs what tests need lets it finish, and starts no other: %s',
    async (signal, code) => {
      const path = pathWithout(['openssl', 'apt-get']);
      // Ends with a fault, after which the lists would be fetched and another try be made.
      stand(
        'apt-get',
        `trap 'echo disturbed >> "${folder}/log"' INT TERM HUP
        echo $$ > '${folder}/pid'; ${untilAsked()}; echo finished >> '${folder}/log'; exit 100`,
      );
      startVitest('test/testing/provide-programs.ts', `providePrograms(['openssl'])`, {
        PATH: `${folder}:${path}`,
      });
      await written('pid');
      // To the whole group, as by Ctrl-C.
      process.kill(-(run?.pid ?? 0), signal);
      await run?.line((line) => line.startsWith(`${signal}: ends when apt-get is done`));
      writeFileSync(join(folder, 'asked'), '');
      expect(await run?.exited).toMatchObject({ code });
      expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('finished\n');
      rmSync(path, { recursive: true });
    },
  );
});

/** Starts vitest, which handles signals itself, in a process group of its own; its setup makes that call. */
function startVitest(source: string, call: string, env: Readonly<Record<string, string>>): void {
  const project = join(folder, 'project');
  mkdirSync(project);
  const [name = ''] = call.split('(');
  const setup = `import { ${name} } from ${JSON.stringify(join(ROOT, source))};
    export const setup = async () => { await ${call}; };`;
  writeFileSync(join(project, 'setup.ts'), setup);
  writeFileSync(join(project, 'one.test.ts'), "it('is run', () => undefined);");
  const config = "export default { test: { globals: true, globalSetup: 'setup.ts' } };";
  writeFileSync(join(project, 'vitest.config.mjs'), config);
  const { PATH = '' } = process.env;
  run = new TestProcess({
    command: 'setsid',
    args: [process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'],
    cwd: project,
    env: { PATH, ...env },
  });
}

/** Makes a program that stands in for another. */
function stand(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

/** Waits, in a program, until the test asks it to go on or is over. */
function untilAsked(): string {
  return `while [ -d '${folder}' ] && [ ! -e '${folder}/asked' ]; do sleep 0.05; done`;
}

/** What a stand-in wrote into a file, once it did. */
function written(name: string): Promise<string> {
  const path = join(folder, name);
  return eventually(`${name}:\n${run?.text ?? ''}`, () => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return Promise.resolve(text === '' ? undefined : text);
  });
}
