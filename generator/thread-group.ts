import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { FromThread, ToThread } from './load-thread.js';
import type { LoadPlan, ThreadState } from './load-plan.js';
import type { SampleBatch } from './sample-batch.js';

/** What the counting side hears while threads send. */
export interface GroupListener {
  /** All threads are ready; the run's zero is at this time of the clock. */
  started(startAtEpochMs: number): void;
  samples(batch: SampleBatch): void;
  state(thread: number, state: ThreadState): void;
}

/** A thread could not do its work, e.g. a data file could not be read. */
export class LoadThreadError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LoadThreadError';
  }
}

/**
 * The threads that send. Even one sender gets a thread of its own, so that counting, drawing and
 * answering scrapes never delay a send.
 */
export class ThreadGroup {
  readonly #workers: Worker[] = [];
  #ready = 0;

  constructor(
    private readonly plans: readonly LoadPlan[],
    private readonly listener: GroupListener,
  ) {}

  /** Resolves when every thread has ended its plan. @throws LoadThreadError */
  async run(): Promise<void> {
    try {
      await Promise.all(this.plans.map((plan) => this.#runThread(plan)));
    } finally {
      await Promise.all(this.#workers.map((worker) => worker.terminate()));
    }
  }

  /** No thread sends anything more; what is in flight gets this long to end. */
  stop(drainMs: number): void {
    this.#post({ kind: 'stop', drainMs });
  }

  #runThread(plan: LoadPlan): Promise<void> {
    const worker = startWorker(plan);
    this.#workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) =>
        reject(new LoadThreadError(`a thread ended early (code ${code})`)),
      );
      worker.on('message', (message: FromThread) => {
        switch (message.kind) {
          case 'ready':
            this.#threadReady();
            break;
          case 'samples':
            this.listener.samples(message.batch);
            break;
          case 'state':
            this.listener.state(plan.thread, message.state);
            break;
          case 'failed':
            reject(new LoadThreadError(message.message));
            break;
          case 'done':
            resolve();
            break;
        }
      });
    });
  }

  #threadReady(): void {
    this.#ready += 1;
    if (this.#ready < this.plans.length) return;
    const startAtEpochMs = performance.timeOrigin + performance.now() + LEAD_MS;
    this.listener.started(startAtEpochMs);
    this.#post({ kind: 'start', startAtEpochMs });
  }

  #post(message: ToThread): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }
}

/** Time for the word to reach every thread, and for their first connections to open. */
const LEAD_MS = 250;

/** Built, a thread needs nothing else; run from TypeScript sources it must load the loader first. */
function startWorker(plan: LoadPlan): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./load-thread.js', import.meta.url), { workerData: plan });
  }
  const [loader, entry] = [import.meta.resolve('tsx/esm/api'), './load-thread.ts'].map((place) =>
    JSON.stringify(new URL(place, import.meta.url).href),
  );
  const code = `import(${loader}).then((tsx) => { tsx.register(); return import(${entry}); })`;
  return new Worker(code, { eval: true, workerData: plan });
}
