import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '../../..');
/** Readings with CatBoost's own answers, of the model that is shipped. */
export const GOLDEN = join(ROOT, 'models/pick-regno/golden.ndjson');
export const SHIPPED_CBM = join(ROOT, 'models/pick-regno/model.cbm');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts the command line from its sources, as a process of its own. */
export function startRegno(args: readonly string[], options: RunOptions = {}) {
  const tsx = import.meta.resolve('tsx');
  const env = { ...process.env, ...options.env };
  // The test runner's own setting, which would ask the service for a mode that it does not know.
  delete env['NODE_ENV'];
  return spawn(process.execPath, ['--import', tsx, join(ROOT, 'app/cli.ts'), ...args], {
    cwd: options.cwd ?? ROOT,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the command line to its end. */
export function runRegno(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = startRegno(args, options);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // The command may end without having read all.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}
