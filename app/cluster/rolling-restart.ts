import { once } from 'node:events';
import type { ModelFiles } from '../registry/model-files.js';
import { whyNotUsable, type WorkerHandle } from './worker-handle.js';

/** How a rolling restart ended; `stopped` is a stop of the service that came into it. */
export type RollEnd =
  | { readonly result: 'done' }
  | { readonly result: 'stopped' }
  | { readonly result: 'refused'; readonly reason: string };

/** What a rolling restart needs of the supervisor. */
export interface Slots {
  readonly count: number;
  readonly isStopping: () => boolean;
  /** Starts a worker beside the one that the slot has. */
  readonly fork: (slot: number, model: ModelFiles) => WorkerHandle;
  /** The slot's worker that does not drain; undefined between a death and its restart. */
  readonly workerOf: (slot: number) => WorkerHandle | undefined;
  readonly drain: (handle: WorkerHandle) => void;
  readonly modelOf: (slot: number) => ModelFiles;
  /** From now on restarts of the slot load this model. */
  readonly setModel: (slot: number, model: ModelFiles) => void;
  /** Starts a worker where the slot has none and none is due. */
  readonly refill: (slot: number) => void;
}

/**
 * Replaces the workers one slot after the other: a new one serves before the old one drains. Where
 * one of them cannot serve, the slots before it go back to the model that they had.
 */
export async function rollWorkers(slots: Slots, model: ModelFiles): Promise<RollEnd> {
  const before = new Map<number, ModelFiles>();
  for (let slot = 1; slot <= slots.count; slot += 1) {
    const old = slots.modelOf(slot);
    const reason = await replace(slots, slot, model);
    if (slots.isStopping()) return { result: 'stopped' };
    if (reason !== undefined) {
      await goBack(slots, before);
      return slots.isStopping() ? { result: 'stopped' } : { result: 'refused', reason };
    }
    before.set(slot, old);
  }
  return { result: 'done' };
}

async function goBack(slots: Slots, before: ReadonlyMap<number, ModelFiles>): Promise<void> {
  // First for all: a worker that dies now is restarted with the old model.
  for (const [slot, model] of before) slots.setModel(slot, model);
  for (const [slot, model] of before) {
    if (slots.isStopping()) return;
    await replace(slots, slot, model);
  }
}

/** The reason where the new worker cannot serve: then the slot is as it was. */
async function replace(slots: Slots, slot: number, model: ModelFiles): Promise<string | undefined> {
  const old = slots.workerOf(slot);
  const next = slots.fork(slot, model);
  const reason = await whyNotUsable(next.worker);
  if (slots.isStopping()) return undefined;
  if (reason !== undefined) {
    slots.drain(next);
    slots.refill(slot);
    return reason;
  }
  slots.setModel(slot, model);
  if (old === undefined || old.worker.isDead()) return undefined;
  const gone = once(old.worker, 'exit');
  slots.drain(old);
  await gone;
  return undefined;
}
