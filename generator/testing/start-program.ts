import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The generator's command line, running. */
export interface RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves with the first match in standard error; waits for it. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<{ code: unknown; stdout: string; stderr: string }>;
}

/** Starts it as users do from the sources. */
export function startProgram(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): RunningProgram {
  const program = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...args], {
    env: environment,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]: unknown[]) => ({ code, stdout, stderr }));
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(stderr);
      if (match) return match;
      const more = once(child.stderr, 'data').then(() => true);
      if (!(await Promise.race([more, ended.then(() => false)]))) {
        throw new Error(`the program ended without saying ${pattern.source}; it said: ${stderr}`);
      }
    }
  };
  return { child, said, ended };
}
