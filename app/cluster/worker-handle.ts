import type { Worker } from 'node:cluster';
import type { ModelIdentity } from '../serving/ports.js';
import type { ModelFiles } from '../registry/model-files.js';
import type { RedisFailure } from '../cache/redis-failure.js';
import type { WorkerState } from '../telemetry/status/service-views.js';
import type { PrimaryMessage, WorkerMessage } from './messages.js';

/** A worker process as the primary keeps it. */
export interface WorkerHandle {
  readonly slot: number;
  readonly worker: Worker;
  /** What it was started with. */
  readonly files: ModelFiles;
  /** On the process's monotonic clock, ms. */
  readonly startedAt: number;
  state: WorkerState;
  /** Known once it is ready. */
  model: ModelIdentity | undefined;
  /** Why it is not usable, where it failed its golden check. */
  fault: string | undefined;
  /** What keeps Redis from use for it, as it last reported. */
  redisFailure: RedisFailure | undefined;
  /** Looks of the watchdog since its last message. */
  missedBeats: number;
  /** Set where it was killed because it did not respond. */
  isHung: boolean;
  killTimer: NodeJS.Timeout | undefined;
}

/** Sends a worker a message; one that has ended gets none. */
export function sendTo(worker: Worker, message: PrimaryMessage): void {
  // Without a callback, a message to a worker that has just died would raise an 'error' event.
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** Calls back once what is sent to a worker reaches it. */
export function onceHears(worker: Worker, listener: () => void): void {
  const onMessage = (message: WorkerMessage): void => {
    if (message.kind !== 'hears') return;
    worker.off('message', onMessage);
    listener();
  };
  worker.on('message', onMessage);
}

/** Calls back at a worker's end, once its last messages, which may come after it, have been received. */
export function onceEnded(
  worker: Worker,
  listener: (code: number, signal: string | null) => void,
): void {
  worker.once('exit', (code: number, signal: string | null) => {
    if (worker.isConnected()) worker.once('disconnect', () => listener(code, signal));
    else listener(code, signal);
  });
}

/** Resolves once a new worker serves, with undefined, or cannot serve, with the reason. */
export function whyNotUsable(worker: Worker): Promise<string | undefined> {
  return new Promise((resolve) => {
    const finish = (reason: string | undefined): void => {
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      resolve(reason);
    };
    const onMessage = (message: WorkerMessage): void => {
      if (message.kind === 'ready') finish(undefined);
      if (message.kind === 'unusable' || message.kind === 'unstartable') finish(message.reason);
    };
    const onExit = (code: number, signal: string | null): void => {
      finish(`a new worker ended by ${signal ?? `exit code ${code}`} before it was ready`);
    };
    worker.on('message', onMessage);
    worker.on('exit', onExit);
  });
}
