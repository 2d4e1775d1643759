import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { SLOT_VARIABLE } from './messages.js';

const LISTENING = '0A';

interface Holder {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly isWorker: boolean;
}

/**
 * Says who listens on a TCP port, for the error of a start that finds it taken: other processes by
 * pid and name, and a worker that outlived its primary as that, with the command that ends it. Only
 * names are shown, as command lines may hold secrets.
 *
 * @returns undefined where the system does not say: not Linux, or processes of another user
 */
export function describePortHolders(port: number): string | undefined {
  try {
    const sockets = listeningSockets(port);
    const holders = processIds()
      .filter((pid) => holdsOneOf(pid, sockets))
      .map(describeProcess);
    const pids = new Set(holders.map(({ pid }) => pid));
    // The primary holds the port as well as its workers.
    const orphans = holders.filter((one) => one.isWorker && !pids.has(one.parent));
    if (orphans.length > 0) {
      const list = orphans.map(({ pid }) => pid).join(' ');
      return `held by a regno worker whose primary is gone (end it with: kill -9 ${list})`;
    }
    const others = holders.filter(({ isWorker }) => !isWorker);
    if (others.length === 0) return undefined;
    return `held by ${others.map(({ pid, name }) => `process ${pid} (${name})`).join(', ')}`;
  } catch {
    return undefined;
  }
}

/** Inodes of the sockets that listen on a port, in this network namespace. */
function listeningSockets(port: number): ReadonlySet<string> {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of textOf(table).split('\n')) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state !== LISTENING || Number.parseInt(local.split(':')[1] ?? '', 16) !== port) continue;
      inodes.add(inode);
    }
  }
  return inodes;
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function holdsOneOf(pid: number, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && sockets.has(inode);
    });
  } catch {
    // It is gone, or belongs to another user.
    return false;
  }
}

function describeProcess(pid: number): Holder {
  const status = textOf(`/proc/${pid}/status`);
  return {
    pid,
    parent: Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]),
    name: /^Name:\s*(.*)$/m.exec(status)?.[1] ?? '?',
    isWorker: textOf(`/proc/${pid}/environ`)
      .split('\0')
      .some((one) => one.startsWith(`${SLOT_VARIABLE}=`)),
  };
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
