import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readOptions } from '../../scripts/stack/options.js';
import type { PartPlan } from '../../scripts/stack/part.js';
import { Stack } from '../../scripts/stack/stack.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regno-stack-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A part that writes its name to a shared file when it ends by SIGTERM. */
function plan(name: string, changes: Partial<PartPlan> & { readonly script?: string } = {}) {
  const ends = join(folder, 'ends');
  const log = join(folder, `${name}.log`);
  const script =
    changes.script ??
    `process.on('SIGTERM', () => {
       require('node:fs').appendFileSync(${JSON.stringify(ends)}, '${name} ');
       process.exit(0);
     });
     console.log('ready');
     setInterval(() => undefined, 1000);`;
  const result: PartPlan = {
    name,
    program: process.execPath,
    args: ['-e', script],
    log,
    isReady: () => Promise.resolve(readFileSync(log, 'utf8').includes('ready')),
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 20_000,
    ...changes,
  };
  return result;
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 only asks.
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('Stack', () => {
  it('stops its parts in the reverse order of their start', async () => {
    const stack = new Stack(() => expect.unreachable('nothing died'));
    const parts = [];
    for (const name of ['first', 'second', 'third']) parts.push(await stack.start(plan(name)));
    await Promise.all([stack.stop(), stack.stop()]);
    expect(readFileSync(join(folder, 'ends'), 'utf8')).toBe('third second first ');
    expect(parts.map((part) => isAlive(part.pid))).toEqual([false, false, false]);
  });

  it('kills a part, and what it started, that does not end in time', async () => {
    const stack = new Stack(() => expect.unreachable('nothing died'));
    const script = `
      const child = require('node:child_process').spawn('sleep', ['600'], { stdio: 'ignore' });
      process.on('SIGTERM', () => undefined);
      console.log('child=' + child.pid + ' ready');
      setInterval(() => undefined, 1000);`;
    const part = await stack.start(plan('stubborn', { script, stopTimeoutMs: 100 }));
    const child = Number(/child=(\d+)/.exec(part.logTail())?.[1]);
    expect(isAlive(child)).toBe(true);
    await stack.stop();
    expect(await part.ended).toBe('ended by SIGKILL');
    // An orphan is reaped by process 1 at its leisure: a zombie has ended, too.
    await expect.poll(() => stateOf(child), { timeout: 10_000 }).toMatch(/^[ZX-]$/);
  });

  it('reports a part that dies', async () => {
    let report: (text: string) => void = () => undefined;
    const reported = new Promise<string>((resolve) => (report = resolve));
    const stack = new Stack((part, how) => report(`${part.plan.name} ${how}`));
    const part = await stack.start(plan('mortal'));
    process.kill(part.pid, 'SIGKILL');
    expect(await reported).toBe('mortal ended by SIGKILL');
    await stack.stop();
  });

  it('refuses a part that ends before it is ready, with the end of its log', async () => {
    const stack = new Stack(() => undefined);
    const script = `console.error('no such model'); process.exit(3);`;
    await expect(stack.start(plan('broken', { script }))).rejects.toThrow(
      /broken ended with exit code 3[^]*no such model/,
    );
    await stack.stop();
  });

  it('refuses a part that is never ready, and a program that does not exist', async () => {
    const stack = new Stack(() => undefined);
    const never = { isReady: () => Promise.resolve(false), readyTimeoutMs: 200 };
    await expect(stack.start(plan('slow', never))).rejects.toThrow(/not ready within 0.2 s/);
    const absent = { program: join(folder, 'absent'), isReady: never.isReady };
    await expect(stack.start(plan('absent', absent))).rejects.toThrow(/could not be started/);
    await stack.stop();
  });

  it('gives up the start of a part when it is stopped meanwhile', async () => {
    const stack = new Stack(() => undefined);
    let asked: () => void = () => undefined;
    const beingAsked = new Promise<void>((resolve) => (asked = resolve));
    const isReady = () => {
      asked();
      return Promise.resolve(false);
    };
    const start = stack.start(plan('late', { isReady }));
    const refused = expect(start).rejects.toThrow('the stack is being stopped');
    await beingAsked;
    await stack.stop();
    await refused;
    await expect(stack.start(plan('later'))).rejects.toThrow('the stack is being stopped');
  });
});

/** The kernel's letter for a process's state; `-` where there is none. */
function stateOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.charAt(0) ?? '-';
  } catch {
    return '-';
  }
}

describe('readOptions', () => {
  it.each([
    ['90', 90_000],
    ['60s', 60_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
  ])('reads --for %s', (text, forMs) => {
    expect(readOptions(['--for', text]).forMs).toBe(forMs);
  });

  it.each([
    ['--for', 'soon'],
    ['--for', '5d'],
    ['--rate', '-1'],
    ['--rate', ''],
    ['--wrong'],
    ['x'],
  ])('refuses %s %s', (...args) => {
    expect(() => readOptions(args)).toThrow();
  });

  it.each(['x', '1.5', '-1', '65536', '5000 '])('refuses PORT=%j', (port) => {
    expect(() => readOptions([], port)).toThrow(/^PORT: expected a number from 0 to 65535/);
  });

  it("takes the service's port from PORT, and any where it is 0 or missing", () => {
    expect(readOptions([], '8080').appPort).toBe(8080);
    expect(readOptions([], '0').appPort).toBeUndefined();
    expect(readOptions([]).appPort).toBeUndefined();
  });

  it('runs until Ctrl-C by default', () => {
    expect(readOptions([])).toMatchObject({ forMs: undefined, install: false, anyPorts: false });
  });
});
