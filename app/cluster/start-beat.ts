import { BEAT_MS } from './messages.js';
import type { PrimaryLink } from './primary-link.js';

/**
 * Says each second that the event loop runs, and ends the process where the primary is gone: Node
 * does so when the channel closes; this holds where that went unseen.
 */
export function startBeat(link: PrimaryLink): void {
  const primary = process.ppid;
  setInterval(() => {
    if (process.ppid !== primary) process.exit(1);
    link.send({ kind: 'beat' });
  }, BEAT_MS).unref();
}
