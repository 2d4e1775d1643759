import cluster, { type Worker } from 'node:cluster';
import { Writable } from 'node:stream';
import { SharedCounters } from '../telemetry/metrics/shared-counters.js';
import type { MetricsTotals } from '../telemetry/metrics/totals.js';
import type { ModelFiles } from '../registry/model-files.js';
import { MODEL_FD, SLOT_VARIABLE } from './messages.js';
import { sendModel } from './model-pipe.js';
import { onceEnded, onceHears, sendTo } from './worker-handle.js';

/** The channel comes after them, then the file at `COUNTERS_FD`, then the pipe at `MODEL_FD`. */
const OWN_STREAMS = ['inherit', 'inherit', 'inherit'] as const;

/**
 * Makes what starts a worker process for a slot, with a file for its counters, which the totals follow
 * until it has ended.
 *
 * @param entry the program that a worker runs
 * @param slots how many there are; in a rolling restart one has an old and a new worker
 * @param env for every worker, beside that of this process
 * @throws Error where the files cannot be made
 */
export function createFork(
  entry: string,
  totals: MetricsTotals,
  slots: number,
  env: Readonly<Record<string, string>>,
): (slot: number, model: ModelFiles) => Worker {
  // All at the start, those for rolling restarts too: where a folder is full later, nothing is needed.
  const unused = Array.from({ length: 2 * slots + 1 }, () => SharedCounters.create());
  return (slot, model) => {
    const counters = unused.pop() ?? SharedCounters.create();
    cluster.setupPrimary({ exec: entry, stdio: [...OWN_STREAMS, 'ipc', counters.fd, 'pipe'] });
    const worker = cluster.fork({ ...env, [SLOT_VARIABLE]: String(slot) });
    const streams: readonly unknown[] = worker.process.stdio;
    const pipe = streams[MODEL_FD];
    // Absent where the process could not be started at all, which its exit reports.
    if (pipe instanceof Writable) sendModel(pipe, model);
    totals.open(worker.id, () => counters.read());
    const tellCameras = (): void => {
      sendTo(worker, { kind: 'cameras', named: totals.cameras.list });
    };
    onceHears(worker, tellCameras);
    const stopTelling = totals.cameras.onGrowth(tellCameras);
    onceEnded(worker, () => {
      stopTelling();
      totals.close(worker.id);
      // A slot that stays without a worker is to look as silent as one whose worker is stuck.
      totals.set('workerReport', [String(slot)], Date.now() / 1000);
      if (counters.reset()) unused.push(counters);
    });
    return worker;
  };
}
