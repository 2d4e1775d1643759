import { spawn } from 'node:child_process';

/** What a terminal or a service manager sends to end a process. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface InstallerOptions {
  /** `stop` kills it and all that it started; `finish` waits for it, where half its work is worse than none. */
  readonly whenSignalled: 'stop' | 'finish';
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Runs an installer to its end. A signal that is to end this process is dealt with first as
 * `whenSignalled` says and ends this process then; the promise never ends then.
 *
 * @throws Error with all that the installer said, where it fails
 */
export async function runInstaller(
  command: string,
  args: readonly string[],
  { whenSignalled, env = process.env }: InstallerOptions,
): Promise<void> {
  let signalled: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    signalled ??= signal;
    if (whenSignalled === 'finish') console.log(`${signal}: ends when ${command} is done`);
    else if (child.pid !== undefined) killGroup(child.pid);
  };
  const giveBack = takeSignals(onSignal);
  const child = spawn(command, args, {
    // A group of its own: a terminal's Ctrl-C goes to the whole group of this process.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => said.push(chunk));
  }
  const end = await new Promise<string | number>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'no code'));
  });
  giveBack();
  if (signalled !== undefined) {
    process.kill(process.pid, signalled);
    // It comes in a later turn, and neither a handler of signals nor a promise keeps a process alive.
    await new Promise(() => setInterval(() => undefined, 1000));
  }
  if (end === 0) return;
  const text = Buffer.concat(said).toString();
  throw new Error(`"${command} ${args.join(' ')}" failed with ${end}:\n${text}`);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended, and who holds its pipes keeps this run waiting for their end.
  }
}

/** Takes the signals from whoever handles them: vitest's own handlers end the process at once. */
function takeSignals(handle: (signal: NodeJS.Signals) => void): () => void {
  const takenFrom = SIGNALS.map((signal) => {
    const others = process.rawListeners(signal) as NodeJS.SignalsListener[];
    process.on(signal, handle);
    for (const other of others) process.off(signal, other);
    return [signal, others] as const;
  });
  return () => {
    for (const [signal, others] of takenFrom) {
      for (const other of others) process.on(signal, other);
      process.off(signal, handle);
    }
  };
}
