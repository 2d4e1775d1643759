import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { openSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Started {
  readonly name: string;
  readonly pid: number;
  /** Asks it to end and waits; kills it where it does not. */
  stop(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export interface StartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 200 once the process is ready. */
  readonly readyUrl?: string;
  /** Holds its output. */
  readonly folder: string;
}

/** No use to ask again. */
class Hopeless extends Error {}

const STOP_TIMEOUT_MS = 8000;
const READY_TIMEOUT_MS = 60_000;

/** Starts a process and waits until it is ready. @throws Error with the end of its output */
export async function start(options: StartOptions): Promise<Started> {
  const file = join(options.folder, `${options.name}.log`);
  const out = openSync(file, 'a');
  const child = spawn(options.command, options.args, {
    // regno refuses settings that it does not know: nothing of the test's own is passed on.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
    stdio: ['ignore', out, out],
  });
  const { readyUrl, name } = options;
  try {
    if (readyUrl !== undefined) {
      await until(`${name} is ready`, READY_TIMEOUT_MS, async () => {
        if (child.exitCode !== null) throw new Hopeless(`${name} ended with ${child.exitCode}`);
        return (await fetch(readyUrl)).ok;
      });
    }
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${String(error)}\n${readFileSync(file, 'utf8').slice(-2000)}`, {
      cause: error,
    });
  }
  return {
    name,
    pid: child.pid ?? 0,
    stop: () => stop(child),
    signal: (signal) => void child.kill(signal),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(killer);
}

/** Process ids of the children of a process. */
export function childrenOf(pid: number): readonly number[] {
  const listed = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return listed.stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number);
}

/** TCP ports that are free now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = [];
  for (let i = 0; i < count; i += 1) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Asks again and again until the answer is true; an error counts as false.
 *
 * @throws Error naming `what` and the last error, after `timeoutMs`
 */
export async function until(
  what: string,
  timeoutMs: number,
  ask: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last: string | undefined;
  for (;;) {
    try {
      if (await ask()) return;
      last = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = String(error);
    }
    if (Date.now() > deadline) {
      const because = last === undefined ? '' : `: ${last}`;
      throw new Error(`not within ${timeoutMs / 1000} s: ${what}${because}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
