import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A truth server in a process of its own. */
export interface TruthServer {
  readonly url: string;
  /** How many requests it saw, and how long it held each since last asked (ms, sorted; delay mode). */
  truth(): Promise<{ readonly seen: number; readonly held: readonly number[] }>;
  stop(): Promise<void>;
}

/** Starts `truth-server.ts` with these arguments and waits until it listens. */
export async function startTruthServer(
  ...args: readonly (string | number)[]
): Promise<TruthServer> {
  const program = fileURLToPath(new URL('./truth-server.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const base = `http://127.0.0.1:${Number(line.toString())}`;
  return {
    url: `${base}/reg/`,
    truth: async () => {
      const answer = await fetch(`${base}/truth`);
      return (await answer.json()) as { seen: number; held: number[] };
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
