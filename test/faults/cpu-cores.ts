import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { TestProcess } from '../testing/child-process.js';

/** The cores that a test of overload tells apart: who is loaded must not starve who loads. */
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

/** A process that keeps the service's core busy, so that less of it is left for the service. */
export function startHog(): TestProcess {
  const { PATH = '' } = process.env;
  return new TestProcess({
    command: 'taskset',
    args: ['-c', SERVICE_CORE, process.execPath, '-e', 'for (;;);'],
    env: { PATH },
  });
}
