import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { preparePython } from '../testing/python-environment.js';
import { lacks } from '../testing/lacks.js';
import { API_KEY, ROOT, startService, type Service } from '../testing/start-service.js';

const SEED = 20_240_614;
/** Schemathesis goes on until its time is up, however few examples it is asked for. */
const SECONDS = 30;
const EXAMPLES = 40;
const FOLDER = join(ROOT, '.cache/schemathesis');

vi.setConfig({ testTimeout: 180_000 });

describe.skipIf(lacks('schemathesis'))('the service tried by Schemathesis', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({ env: { WORKERS: '1' } });
  });
  afterAll(() => service.stop());

  it('takes what its document allows, refuses what it does not, and answers as it says', async () => {
    const { code, said } = await run(join(dirname(await preparePython('schemathesis')), 'st'), [
      ...['--config-file', join(import.meta.dirname, 'schemathesis.toml')],
      ...['run', `${service.url}/openapi.json`, '--header', `x-api-key: ${API_KEY}`],
      ...['--checks', 'all', '--seed', String(SEED), '--max-time', String(SECONDS)],
      ...['--max-examples', String(EXAMPLES), '--no-color'],
    ]);
    expect(said).toContain('No issues found');
    expect(said).not.toContain('WARNINGS');
    expect(code).toBe(0);
    const generated = Number(/(\d+) generated/.exec(said)?.[1]);
    expect(generated).toBeGreaterThan(200);
  });
});

function run(command: string, args: readonly string[]): Promise<{ code: number; said: string }> {
  return new Promise((resolve, reject) => {
    // It leaves what it found out in the folder that it is started from.
    mkdirSync(FOLDER, { recursive: true });
    const child = spawn(command, args, { cwd: FOLDER, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, said }));
  });
}
