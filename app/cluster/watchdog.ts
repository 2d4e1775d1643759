import type { Logger } from '../telemetry/logs/logger.js';
import { BEAT_MS } from './messages.js';
import type { WorkerHandle } from './worker-handle.js';

export interface WatchdogParts {
  readonly workers: () => Iterable<WorkerHandle>;
  /** A worker that serves and sends nothing for so long hangs. */
  readonly hangTimeoutMs: number;
  /** The same of one that starts: it sends hardly anything until it is ready. */
  readonly startTimeoutMs: number;
  readonly log: Pick<Logger, 'error'>;
}

/**
 * Kills workers that do not respond: stopped, in an endless loop, or stuck in their start. The
 * supervisor replaces them like any that died.
 *
 * Workers that serve send a beat each second. The silence is counted in looks, not on a clock: where
 * the primary itself was stopped, the beats of that time wait for it, and no worker is to blame.
 */
export class Watchdog {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: WatchdogParts) {}

  start(): void {
    this.#timer = setInterval(() => this.#check(), BEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    for (const handle of this.parts.workers()) {
      // One that drains has a deadline of its own.
      if (handle.state === 'draining') continue;
      const { startTimeoutMs, hangTimeoutMs } = this.parts;
      const timeoutMs = handle.state === 'starting' ? startTimeoutMs : hangTimeoutMs;
      handle.missedBeats += 1;
      if (handle.missedBeats * BEAT_MS <= timeoutMs) continue;
      const { slot, state } = handle;
      const { pid } = handle.worker.process;
      this.parts.log.error('worker does not respond and is killed', {
        slot,
        pid,
        state,
        timeoutMs,
      });
      handle.isHung = true;
      // SIGTERM would wait for a process that is stopped.
      handle.worker.process.kill('SIGKILL');
    }
  }
}
