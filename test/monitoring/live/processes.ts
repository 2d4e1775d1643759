import { spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ChildProgram } from '../../../tools/child-program.js';

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

const READY_TIMEOUT_MS = 60_000;

/** Starts a process and waits until it is ready. @throws Error with the end of its output */
export async function start(options: StartOptions): Promise<ChildProgram> {
  const { name, command, args, env, readyUrl, folder } = options;
  const { PATH, HOME } = process.env;
  const log = join(folder, `${name}.log`);
  // regno refuses settings that it does not know: nothing of the test's own is passed on.
  const program = new ChildProgram({ name, command, args, env: { PATH, HOME, ...env }, log });
  if (readyUrl === undefined) return program;
  try {
    const isReady = async (): Promise<boolean> => (await fetch(readyUrl)).ok;
    await program.whenReady(isReady, { timeoutMs: READY_TIMEOUT_MS });
  } catch (error) {
    program.kill();
    throw error;
  }
  return program;
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
      last = String(error);
    }
    if (Date.now() > deadline) {
      const because = last === undefined ? '' : `: ${last}`;
      throw new Error(`not within ${timeoutMs / 1000} s: ${what}${because}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
