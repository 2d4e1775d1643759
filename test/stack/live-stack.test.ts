import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../tools/free-port.js';
import { lacks } from '../testing/lacks.js';

const ROOT = resolve(import.meta.dirname, '../..');
const MODEL = resolve(ROOT, 'models/pick-regno');
const START_MS = 240_000;

// It runs with what is there, so this decides only how much of it is looked at.
const isWhole = !lacks('redis-server', 'prometheus', 'prometheus-alertmanager');
const hasExporters = !lacks('prometheus-redis-exporter', 'prometheus-node-exporter');
const canRun = existsSync(MODEL);
if (!canRun) console.warn(`skipped: no model in ${MODEL}`);

let started: ChildProcess | undefined;
afterEach(() => {
  if (started?.exitCode === null && started.signalCode === null) started.kill('SIGTERM');
});

/** A running stack: what its table says, and its end. */
interface RunningStack {
  readonly process: ChildProcess;
  readonly addresses: ReadonlyMap<string, string>;
  readonly pids: ReadonlyMap<string, number>;
  readonly exit: Promise<number | null>;
  readonly output: () => string;
}

async function startStack(args: readonly string[], env = {}): Promise<RunningStack> {
  const script = resolve(ROOT, 'scripts/stack.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, '--any-ports', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started = child;
  let output = '';
  const exit = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  await new Promise<void>((up, fail) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('Ctrl-C stops all')) up();
      });
    }
    void exit.then((code) => fail(new Error(`ended with ${code} before it was up:\n${output}`)));
  });
  const addresses = new Map<string, string>();
  const pids = new Map<string, number>();
  for (const match of output.matchAll(/^ {2}([\w-]+) +((?:http|redis):\S+) .*\(pid (\d+)\)$/gm)) {
    addresses.set(match[1] ?? '', match[2] ?? '');
    pids.set(match[1] ?? '', Number(match[3]));
  }
  return { process: child, addresses, pids, exit, output: () => output };
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function healthOfTargets(prometheus: string): Promise<readonly string[]> {
  const response = await fetch(`${prometheus}/api/v1/targets?state=active`);
  const body = (await response.json()) as {
    readonly data: { readonly activeTargets: readonly { scrapePool: string; health: string }[] };
  };
  return body.data.activeTargets.map(({ scrapePool, health }) => `${scrapePool} ${health}`);
}

describe.skipIf(!canRun)('npm run stack', () => {
  it(
    'serves, is watched, and stops everything on Ctrl-C',
    async () => {
      const stack = await startStack(['--rate', '20']);
      const service = stack.addresses.get('service') ?? '';
      expect((await fetch(`${service}/health/ready`)).status).toBe(200);
      expect((await fetch(`${service}/reg/`, { method: 'POST' })).status).toBe(401);
      const expected = ['generator up', 'regno up'];
      if (hasExporters) expected.push('node up', 'redis up');
      if (isWhole) {
        const prometheus = stack.addresses.get('prometheus') ?? '';
        await expect
          .poll(() => healthOfTargets(prometheus), { timeout: 60_000, interval: 500 })
          .toEqual(expect.arrayContaining([...expected, 'alertmanager up', 'prometheus up']));
      }
      stack.process.kill('SIGINT');
      expect(await stack.exit).toBe(0);
      expect(stack.pids.size).toBeGreaterThanOrEqual(2);
      expect([...stack.pids].filter(([, pid]) => runs(pid))).toEqual([]);
    },
    START_MS + 120_000,
  );

  it(
    'ends with 1, and takes the rest down, when a part dies',
    async () => {
      const port = await freePort();
      const stack = await startStack(['--rate', '0'], { PORT: String(port) });
      expect(stack.addresses.get('service')).toBe(`http://127.0.0.1:${port}`);
      process.kill(stack.pids.get('service') ?? -1, 'SIGKILL');
      expect(await stack.exit).toBe(1);
      expect(stack.output()).toContain('service ended by SIGKILL');
      expect([...stack.pids].filter(([, pid]) => runs(pid))).toEqual([]);
    },
    START_MS + 60_000,
  );
});
