import { readFileSync } from 'node:fs';

/** Connections of a worker where the system allows more and no setting asks for more. */
const CONNECTIONS_MAX = 10_000;
/** Files of a worker that are no connections: the runtime's, the model's, Redis, log, counters. */
const OTHER_FILES = 64;

/**
 * Connections that a process can hold without running out of file descriptors: then it could not
 * open anything else, its own memory statistics included.
 *
 * @param limit files that it may have open
 * @param wanted connections that are asked for
 */
export function connectionsWithin(limit: number, wanted = CONNECTIONS_MAX): number {
  return Math.min(wanted, limit - Math.min(OTHER_FILES, Math.ceil(limit / 2)));
}

/** Files that this process may have open (`ulimit -n`); infinite where the system does not say. */
export function openFilesLimit(limits: () => string = readLimits): number {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits()) ?? [];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return '';
  }
}
