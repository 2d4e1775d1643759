import { spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';

/** What a finished command left behind. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** The command is killed when it takes longer. */
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** By default an exit code other than 0 is an error. */
  readonly mayFail?: boolean;
}

/** A command that failed, with the end of what it said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const OUTPUT_MAX_CHARS = 16 * 1024 * 1024;
const KILL_AFTER_MS = 10_000;
let log: WriteStream | undefined;

/** Sends the commands and all they print to a file from now on. */
export function logCommandsTo(path: string): void {
  log = createWriteStream(path, { flags: 'w' });
}

/**
 * Runs a program to its end.
 *
 * @throws CommandError when it cannot start, takes too long, or fails without `mayFail`
 */
export async function run(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  log?.write(`\n$ ${program} ${args.join(' ')}\n`);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      log?.write(text);
      if (said[name].length < OUTPUT_MAX_CHARS) said[name] += text;
    });
  }
  const timer = setTimeout(() => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  }, options.timeoutMs);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
    (resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    },
  )
    .catch((cause: unknown) => {
      throw new CommandError(`${program} could not be started`, { cause });
    })
    .finally(() => clearTimeout(timer));
  const how = signal === null ? `exit code ${code ?? -1}` : `signal ${signal}`;
  if (signal !== null || (code !== 0 && options.mayFail !== true)) {
    const tail = `${said.stdout}\n${said.stderr}`.trim().split('\n').slice(-15).join('\n  ');
    throw new CommandError(`${program} ${args.join(' ')} ended with ${how}:\n  ${tail}`);
  }
  return { code: code ?? -1, ...said };
}

/** @returns whether a program of that name can be found */
export async function has(program: string): Promise<boolean> {
  const found = await run('sh', ['-c', `command -v ${program}`], {
    timeoutMs: 5000,
    mayFail: true,
  });
  return found.code === 0;
}

/**
 * Asks again and again until the answer is not undefined.
 *
 * @param what completes the sentence "waited N s for ..."
 * @param ask may also throw: that counts as not yet
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`waited ${timeoutMs / 1000} s for ${what}`, { cause: last });
}
