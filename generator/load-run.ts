import { performance } from 'node:perf_hooks';
import type { Arrivals, BodyPlan, LoadPlan, ThreadState } from './load-plan.js';
import type { SampleBatch } from './sample-batch.js';
import { ThreadGroup } from './thread-group.js';

/** What every command that sends needs to know. Times in ms. */
export interface LoadOptions {
  /** Used in turn. Not empty. */
  readonly urls: readonly string[];
  /** Used in turn. Not empty; an empty string sends no key. */
  readonly keys: readonly string[];
  readonly headers: readonly (readonly [string, string])[];
  readonly threads: number;
  /** Open connections of all threads together, at most. */
  readonly connections: number;
  /** Opened before the first request, of all threads together. */
  readonly connectionsMin: number;
  readonly timeoutMs: number;
  readonly spinMs: number;
  readonly bodies: BodyPlan;
  readonly faultyShare: number;
  readonly checkShare: number;
}

/** Who wants to hear of a run while it runs. */
export interface RunListener {
  /** The run's zero has been set; it lies a moment ahead, on performance.now(). */
  readonly started?: (startMs: number) => void;
  readonly samples: (batch: SampleBatch) => void;
  readonly states?: (states: readonly ThreadState[]) => void;
}

/** Starts a load over its threads; aborting the signal stops sending and drains. @throws LoadThreadError */
export async function runLoad(
  options: LoadOptions,
  arrivals: Arrivals,
  listener: RunListener,
  stop: { readonly signal?: AbortSignal | undefined; readonly drainMs: number },
): Promise<void> {
  const states = new Map<number, ThreadState>();
  const group = new ThreadGroup(threadPlans(options, arrivals), {
    started: (epochMs) => listener.started?.(epochMs - performance.timeOrigin),
    samples: listener.samples,
    state: (thread, state) => {
      states.set(thread, state);
      listener.states?.([...states.values()]);
    },
  });
  const onAbort = (): void => group.stop(stop.drainMs);
  stop.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await group.run();
  } finally {
    stop.signal?.removeEventListener('abort', onAbort);
  }
}

function threadPlans(options: LoadOptions, arrivals: Arrivals): LoadPlan[] {
  const { connections, connectionsMin, threads, ...rest } = options;
  return Array.from({ length: threads }, (_, thread) => ({
    ...rest,
    thread,
    threads,
    connectionsMax: Math.max(1, Math.floor(connections / threads)),
    connectionsMin: Math.max(1, Math.floor(Math.min(connectionsMin, connections) / threads)),
    arrivals: arrivals.kind === 'closed' ? shareOfClosed(arrivals, thread, threads) : arrivals,
  }));
}

function shareOfClosed(
  arrivals: Extract<Arrivals, { kind: 'closed' }>,
  thread: number,
  threads: number,
): Arrivals {
  if (arrivals.amount === Infinity) return arrivals;
  const amount = Math.floor((arrivals.amount + threads - 1 - thread) / threads);
  return { ...arrivals, amount };
}
