import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { MachineSettings } from './machine-settings.js';

const HOME = '/root';
const PROJECT = `${HOME}/regno`;

/** A command that runs in a fresh system as a user types it, with the terminal's Ctrl-C. */
export interface TypedCommand {
  readonly ended: Promise<number>;
  interrupt(): void;
  /** Ends whatever of it is left. */
  kill(): void;
}

/** Puts the committed tree into a Debian of its own and makes it look like a machine without an init. */
export function furnish(tree: string, root: string, settings: MachineSettings): void {
  const project = join(tree, PROJECT);
  mkdirSync(project, { recursive: true });
  const archive = execFileSync('git', ['archive', 'HEAD'], { cwd: root, maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-x', '-C', project], { input: archive });
  // As in containers: packages must not start services, for the ports are those of this machine.
  writeFileSync(join(tree, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  execFileSync('cp', ['--dereference', '/etc/resolv.conf', '/etc/hosts', join(tree, 'etc')]);
  for (const [inside, outside] of settings.files) {
    mkdirSync(dirname(join(tree, inside)), { recursive: true });
    copyFileSync(outside, join(tree, inside));
  }
  for (const folder of settings.folders) mkdirSync(join(tree, folder), { recursive: true });
}

/** Types a command into the system's shell. Its mounts are its own and end with its last process. */
export function type(
  tree: string,
  command: string,
  log: string,
  settings: MachineSettings,
  env: Readonly<Record<string, string>>,
): TypedCommand {
  const mounts = [
    'mount -t proc proc "$0/proc"',
    'mount --rbind /dev "$0/dev"',
    'mount -t tmpfs tmpfs "$0/tmp"',
    ...settings.folders.map((path) => `mount --bind '${path}' "$0${path}"`),
    'exec chroot "$0" /bin/sh -c "cd $1 && $2"',
  ];
  const file = openSync(log, 'w');
  const child: ChildProcess = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-ec', mounts.join('\n'), tree, PROJECT, command],
    {
      stdio: ['ignore', file, file],
      // A group of its own, as a terminal gives to each command.
      detached: true,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME,
        LANG: 'C.UTF-8',
        ...settings.env,
        ...env,
      },
    },
  );
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-(child.pid ?? 0), name);
    } catch {
      // All of it has ended.
    }
  };
  return {
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? -1));
    }),
    interrupt: () => signal('SIGINT'),
    kill: () => signal('SIGKILL'),
  };
}
