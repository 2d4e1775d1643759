import { existsSync, statSync } from 'node:fs';
import { run } from '../containers/command.js';

/** How this machine reaches package registries, for a system inside it that knows nothing of that. */
export interface MachineSettings {
  readonly env: Readonly<Record<string, string>>;
  /** Files and folders that the settings name. */
  readonly paths: readonly string[];
}

const TIMEOUT_MS = 60_000;
const INHERITED = /^(https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|NODE_EXTRA_CA_CERTS|PIP_\w+)$/;

/** Reads registry, proxies, certificates and pip's configuration; nothing of it is written anywhere. */
export async function readMachineSettings(): Promise<MachineSettings> {
  const registry = await run('npm', ['config', 'get', 'registry'], { timeoutMs: TIMEOUT_MS });
  const pip = await run('python3', ['-m', 'pip', 'config', 'list'], {
    timeoutMs: TIMEOUT_MS,
    mayFail: true,
  }).catch(() => ({ stdout: '' }));
  const ofPip = [...pip.stdout.matchAll(/^global\.([\w-]+)='(.*)'$/gm)].map(
    ([, name = '', value = '']) =>
      [`PIP_${name.replaceAll('-', '_').toUpperCase()}`, value] as const,
  );
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
  const env = Object.fromEntries([
    ['NPM_CONFIG_REGISTRY', registry.stdout.trim()],
    ...ofPip,
    ...inherited,
  ]) as Record<string, string>;
  const named = Object.values(env).flatMap((value) => value.split(/\s+/));
  const paths = named.map((value) => value.replace(/^file:\/\//, ''));
  return { env, paths: [...new Set(paths)].filter((path) => path.startsWith('/') && exists(path)) };
}

function exists(path: string): boolean {
  return existsSync(path) && (statSync(path).isDirectory() || statSync(path).isFile());
}
