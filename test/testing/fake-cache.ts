import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SharedCache } from '../../app/serving/ports.js';

/** A shared cache that answers after some turns, knows some keys and forgets none. */
export class FakeCache implements SharedCache {
  readonly stored = new Map<string, number>();

  constructor(private readonly turns: number) {}

  lookUp(key: string, done: (positive: number | undefined) => void): void {
    void this.#answer(key, done);
  }

  store(key: string, positive: number): void {
    this.stored.set(key, positive);
  }

  async #answer(key: string, done: (positive: number | undefined) => void): Promise<void> {
    for (let turn = 0; turn < this.turns; turn++) await nextTurn();
    done(this.stored.get(key));
  }
}
