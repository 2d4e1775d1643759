import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { run } from '../containers/command.js';

/** How this machine reaches package registries, for a system inside it that knows nothing of that. */
export interface MachineSettings {
  readonly env: Readonly<Record<string, string>>;
  /** Files that the settings name, by their paths in that system: nothing in it may own those. */
  readonly files: ReadonlyMap<string, string>;
  /** Folders that they name. */
  readonly folders: readonly string[];
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
  const files = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (!isThere(value) || !statSync(value).isFile()) continue;
    env[name] = `/opt/machine/${files.size}-${basename(value)}`;
    files.set(env[name], value);
  }
  const named = Object.values(env).flatMap((value) => value.split(/\s+/));
  // The pages of an index may link to files beside its own folder.
  const paths = new Set(
    named.map((value) => (value.startsWith('file://') ? dirname(value.slice(7)) : value)),
  );
  return { env, files, folders: [...paths].filter((path) => isThere(path) && path !== '/') };
}

function isThere(path: string): boolean {
  return path.startsWith('/') && existsSync(path);
}
