import { join } from 'node:path';
import { run } from './command.js';
import { CA_BUNDLE, ensureTree, installNode } from './debian-tree.js';
import type { Engine } from './engine.js';

/** Services of the compose file whose public images are stood in for. */
export const STAND_INS = [
  'redis',
  'prometheus',
  'alertmanager',
  'redis-exporter',
  'node-exporter',
  'blackbox-exporter',
  'grafana',
  'cadvisor',
] as const;

const NODE_IMAGE = 'node:24-bookworm-slim';
const TREE_IMAGE = 'regno-stand-in/testing';
const NODE_SUITE = 'bookworm';
/** Debian's next release has the Prometheus 3, Alertmanager and exporters the compose file pins. */
const SERVICES_SUITE = 'forky';
const PACKAGES = ['ca-certificates', 'libstdc++6'];
const MINUTE_MS = 60_000;

/**
 * Makes a stand-in for the image that our Dockerfile starts FROM: a minimal Debian 12, the Node
 * binary of the npm registry, and this machine's npm.
 *
 * The machine's certificates go in and Node is told of them: behind a proxy with its own authority
 * `npm ci` inside a build fails otherwise.
 */
export async function ensureNodeImage(engine: Engine, cache: string): Promise<string> {
  if (await hasImage(engine, NODE_IMAGE)) return 'kept from an earlier run';
  const tree = await ensureTree(cache, NODE_SUITE, PACKAGES);
  const version = await installNode(cache, tree);
  const registry = await run('npm', ['config', 'get', 'registry'], { timeoutMs: MINUTE_MS });
  await importTree(engine, tree, NODE_IMAGE, [
    `ENV NODE_EXTRA_CA_CERTS=${CA_BUNDLE}`,
    `ENV NPM_CONFIG_REGISTRY=${registry.stdout.trim()}`,
    'CMD ["node"]',
  ]);
  return `Debian 12 with Node ${version}`;
}

/** Makes the stand-ins for the public images of the compose file. */
export async function ensureServiceImages(
  engine: Engine,
  cache: string,
  folder: string,
): Promise<string> {
  if (!(await hasImage(engine, TREE_IMAGE))) {
    const tree = await ensureTree(cache, SERVICES_SUITE, PACKAGES);
    await importTree(engine, tree, TREE_IMAGE, ['CMD ["bash"]']);
  }
  for (const name of STAND_INS) {
    const build = ['buildx', 'build', '--network', 'host', '--progress', 'plain', '--load'];
    const file = ['--file', join(folder, 'stand-ins.Dockerfile'), '--target', name];
    await run('docker', [...build, ...file, '--tag', `regno-stand-in/${name}`, folder], {
      timeoutMs: 10 * MINUTE_MS,
      env: engine.env,
    });
  }
  return versionsOf(engine);
}

async function versionsOf(engine: Engine): Promise<string> {
  const exporters = ['redis', 'node', 'blackbox'].map((name) => `prometheus-${name}-exporter`);
  const packages = ['prometheus', 'prometheus-alertmanager', ...exporters, 'redis-server'];
  const query = ['dpkg-query', '-W', '-f', '${Package} ${Version}, ', ...packages];
  const listed = await run(
    'docker',
    ['run', '--rm', '--network', 'none', 'regno-stand-in/redis', ...query],
    { timeoutMs: MINUTE_MS, env: engine.env },
  );
  return listed.stdout.replace(/, $/, '');
}

async function hasImage(engine: Engine, name: string): Promise<boolean> {
  const found = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', name], {
    timeoutMs: MINUTE_MS,
    env: engine.env,
    mayFail: true,
  });
  return found.code === 0;
}

async function importTree(
  engine: Engine,
  tree: string,
  image: string,
  changes: readonly string[],
): Promise<void> {
  // The shell's words are passed beside the script, not inside it.
  const script = 'set -o pipefail; tree=$1; shift; tar -C "$tree" -cf - . | docker import "$@"';
  const options = changes.flatMap((change) => ['--change', change]);
  await run('bash', ['-c', script, 'import', tree, ...options, '-', image], {
    timeoutMs: 5 * MINUTE_MS,
    env: engine.env,
  });
}
