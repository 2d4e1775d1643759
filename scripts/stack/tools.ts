import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';

/** Programs that the stack can use, each with its Debian package. */
export const PACKAGES = {
  'redis-server': 'redis-server',
  prometheus: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  'prometheus-redis-exporter': 'prometheus-redis-exporter',
  'prometheus-node-exporter': 'prometheus-node-exporter',
} as const;

export type Program = keyof typeof PACKAGES;

/** @returns those programs that cannot be found */
export function missingPrograms(): readonly Program[] {
  const programs = Object.keys(PACKAGES) as readonly Program[];
  return programs.filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
}

/** The command that installs them. */
export function installCommand(programs: readonly Program[]): readonly string[] {
  const packages = programs.map((program) => PACKAGES[program]);
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
}

/** @throws Error when apt fails, e.g. without the rights */
export function install(programs: readonly Program[]): void {
  for (const command of [['apt-get', 'update', '-qq'], installCommand(programs)]) {
    const [program = '', ...args] = command;
    const { status } = spawnSync(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) throw new Error(`${command.join(' ')} failed; run it as root, or go without`);
  }
}

/** @returns the wanted port of the loopback address, or a free one where it is taken or 0 */
export async function pickPort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    // The service listens on all addresses: a port taken on any of them would not do.
    server.listen(port, () => {
      const address = server.address();
      const taken = typeof address === 'object' ? address?.port : undefined;
      server.close(() => resolve(taken));
    });
  });
}

/** @returns whether a GET of the address gives a 2xx */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.body?.cancel();
  return response.ok;
}
