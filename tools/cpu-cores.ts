import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The cores that a measurement tells apart: who is loaded must not starve who loads. */
export const SERVICE_CORE = '0';
export const CLIENT_CORE = '1';

/** Whether processes can be bound to a core of their own here. */
export function hasTwoCores(): boolean {
  return availableParallelism() >= 2 && spawnSync('taskset', ['--version']).status === 0;
}

/** Binds running processes, all threads of each, to the service's core. */
export function bindToServiceCore(pids: readonly number[]): void {
  for (const pid of pids) spawnSync('taskset', ['-a', '-p', '-c', SERVICE_CORE, String(pid)]);
}
