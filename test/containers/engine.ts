import { spawn, type ChildProcess } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, waitFor } from './command.js';

/** A Docker engine of our own, apart from any other on this machine. */
export interface Engine {
  /** DOCKER_HOST and DOCKER_CONFIG for a client of this engine. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the engine and what it changed in the machine's network. */
  stop(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 60_000;
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';

/**
 * Starts `dockerd` on a socket of its own.
 *
 * @param cache folder that is kept between runs: images and build layers stay there
 * @param clientConfig folder with the client's plug-ins
 */
export async function startEngine(cache: string, clientConfig: string): Promise<Engine> {
  const data = join(cache, 'docker');
  mkdirSync(data, { recursive: true });
  // A socket's path may be 107 bytes long, which a checkout's path can exceed.
  const runDir = mkdtempSync(join(tmpdir(), 'regno-docker-'));
  const env = { DOCKER_HOST: `unix://${runDir}/docker.sock`, DOCKER_CONFIG: clientConfig };
  const network = await rememberNetwork();
  const daemon = spawn(
    'dockerd',
    [
      ...['--data-root', data, '--exec-root', join(runDir, 'exec')],
      ...['--host', env.DOCKER_HOST, '--pidfile', join(runDir, 'pid')],
      // No bridge of its own: another engine on this machine would fight for docker0. The compose
      // file makes its networks, and builds use the machine's.
      ...['--bridge', 'none', '--log-level', 'warn'],
    ],
    // A group of its own: Ctrl-C must not reach it before the stack has been taken down.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const log = createWriteStream(join(cache, 'dockerd.log'));
  daemon.stdout.pipe(log);
  daemon.stderr.pipe(log);
  const engine = { env, stop: () => stopEngine(daemon, runDir, network) };
  try {
    await waitFor('dockerd', START_MS, async () => {
      if (daemon.exitCode !== null) throw new Error('dockerd ended, see dockerd.log');
      const version = await run('docker', ['version', '--format', '{{.Server.Version}}'], {
        timeoutMs: 5000,
        env,
        mayFail: true,
      });
      return version.code === 0 ? version.stdout : undefined;
    });
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

async function stopEngine(
  daemon: ChildProcess,
  runDir: string,
  restoreNetwork: () => Promise<void>,
): Promise<void> {
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    const timer = setTimeout(() => daemon.kill('SIGKILL'), STOP_MS);
    daemon.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
  await restoreNetwork();
  rmSync(runDir, { recursive: true, force: true });
}

/** Docker leaves its chains, a closed FORWARD policy and open forwarding behind. */
async function rememberNetwork(): Promise<() => Promise<void>> {
  const forwarding = existsSync(FORWARDING) ? readFileSync(FORWARDING, 'utf8') : undefined;
  const rules = await run('iptables-save', [], { timeoutMs: 10_000, mayFail: true });
  return async () => {
    if (rules.code === 0) {
      const path = join(mkdtempSync(join(tmpdir(), 'regno-iptables-')), 'rules');
      writeFileSync(path, tablesOf(rules.stdout));
      await run('iptables-restore', [path], { timeoutMs: 10_000, mayFail: true });
      rmSync(join(path, '..'), { recursive: true });
    }
    if (forwarding !== undefined) writeFileSync(FORWARDING, forwarding);
  };
}

/** iptables-save prints no table that was never used: an empty one must be named to be emptied. */
function tablesOf(saved: string): string {
  const empty = {
    filter: ['INPUT', 'FORWARD', 'OUTPUT'],
    nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  };
  const missing = Object.entries(empty)
    .filter(([table]) => !saved.includes(`*${table}\n`))
    .map(([table, chains]) =>
      [`*${table}`, ...chains.map((chain) => `:${chain} ACCEPT [0:0]`), 'COMMIT', ''].join('\n'),
    );
  return saved + missing.join('');
}
