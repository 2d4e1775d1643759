import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { LoadEngine } from './load-engine.js';
import type { LoadPlan, ThreadState } from './load-plan.js';
import { SampleBuffer, type SampleBatch } from './sample-batch.js';

/** What a thread that sends reports to the one that counts. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'samples'; readonly batch: SampleBatch }
  | { readonly kind: 'state'; readonly state: ThreadState }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done' };

/** What it is asked to do. */
export type ToThread =
  | { readonly kind: 'start'; readonly startAtEpochMs: number }
  | { readonly kind: 'stop'; readonly drainMs: number };

/** How often a thread reports. */
const REPORT_MS = 200;

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('load-thread is started by the generator, not by hand');
  const report = (message: FromThread, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  const samples = new SampleBuffer((batch) =>
    report({ kind: 'samples', batch }, [
      batch.times.buffer as ArrayBuffer,
      batch.outcomes.buffer as ArrayBuffer,
    ]),
  );
  // The data comes from thread-group.ts, which takes a LoadPlan and nothing else.
  const engine = await LoadEngine.create(workerData as LoadPlan, (...request) =>
    samples.add(...request),
  );
  port.on('message', (message: ToThread) => {
    if (message.kind === 'stop') engine.stop(message.drainMs);
    else void runEngine(message.startAtEpochMs);
  });

  async function runEngine(startAtEpochMs: number): Promise<void> {
    const timer = setInterval(() => {
      samples.send();
      report({ kind: 'state', state: engine.state() });
    }, REPORT_MS);
    // Each thread's performance.now() has a zero of its own.
    await engine.run(startAtEpochMs - performance.timeOrigin);
    clearInterval(timer);
    samples.send();
    report({ kind: 'done' });
    port?.close();
  }

  engine.connect();
  report({ kind: 'ready' });
}

try {
  await main();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  parentPort?.postMessage({ kind: 'failed', message } satisfies FromThread);
}
