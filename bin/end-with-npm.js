import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';

/**
 * Who starts the service by `npm start` or `npx regno serve` in the background knows npm's process
 * id only. npm hands SIGTERM on to the shell between itself and Node, which dies of it and tells
 * nobody, and SIGHUP ends npm itself; the service would live on, keep its port, and drain nothing.
 */
const STARTED_BY = ['start', 'npx'];
const LOOK_MS = 250;

/** Stops this process, as SIGTERM does, when the npm or the shell that started it is gone. */
export function endWithNpm() {
  if (!STARTED_BY.includes(process.env['npm_lifecycle_event'] ?? '')) return;
  const parent = process.ppid;
  // A shell that lost its npm waits on for its child. Where the parent is npm, its own parent is
  // whatever shell the user typed in, which may end while the service goes on.
  const npm = isShell(parent) ? parentOf(parent) : undefined;
  // The end of a parent is no event: the system gives its children another one.
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || parentOf(parent) === npm)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_MS);
  timer.unref();
}

/** False where the system has no /proc; there the parent alone is watched. */
function isShell(pid) {
  try {
    return !basename(readlinkSync(`/proc/${pid}/exe`)).startsWith('node');
  } catch {
    return false;
  }
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may hold spaces.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
