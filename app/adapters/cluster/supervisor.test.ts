import { EventEmitter } from 'node:events';
import type { Worker } from 'node:cluster';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger, type Logger } from '../logger.js';
import { MetricsTotals } from '../metrics/totals.js';
import type { PrimaryMessage } from './messages.js';
import { Supervisor } from './supervisor.js';

const MODEL = { name: 'm', version: '1', digest: 'd', compilerVersion: '1' };

/** Stands in for a worker process: a test says what it does. */
class FakeWorker extends EventEmitter {
  readonly sent: PrimaryMessage['kind'][] = [];
  readonly process = { pid: 1, kill: (signal: string) => this.killed(signal) };
  isGone = false;

  constructor(
    readonly id: number,
    readonly slot: number,
  ) {
    super();
  }

  isConnected(): boolean {
    return !this.isGone;
  }

  send(message: PrimaryMessage): void {
    this.sent.push(message.kind);
  }

  ready(usable = true): void {
    this.emit('message', { kind: 'ready', usable, model: MODEL });
  }

  ends(code: number | null, signal: string | null = null): void {
    if (this.isGone) return;
    this.isGone = true;
    this.emit('exit', code, signal);
  }

  private killed(signal: string): void {
    this.ends(null, signal);
  }
}

function createSupervisor(slots: number) {
  const workers: FakeWorker[] = [];
  const ends: number[] = [];
  const errors: string[] = [];
  let ready = 0;
  const totals = new MetricsTotals();
  const log: Logger = createLogger({
    level: 'error',
    process: 'test',
    onWritten: () => undefined,
    onDropped: () => undefined,
    redact: (text) => text,
  });
  log.silent = true;
  vi.spyOn(log, 'error').mockImplementation(((message: string) => {
    errors.push(message);
    return log;
  }) as never);
  const supervisor = new Supervisor({
    slots,
    fork: (slot) => {
      const worker = new FakeWorker(workers.length + 1, slot);
      workers.push(worker);
      // The supervisor uses no more of a worker than the fake has.
      return worker as unknown as Worker;
    },
    totals,
    readMetrics: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
    readStatus: () => '{}',
    onTraces: () => undefined,
    onFault: () => undefined,
    log,
    drainTimeoutMs: 5000,
    onReady: () => (ready += 1),
    onEnd: (code) => ends.push(code),
  });
  supervisor.start();
  const at = (index: number): FakeWorker => {
    const worker = workers[index];
    if (worker === undefined) throw new Error(`worker ${index} was not started`);
    return worker;
  };
  return { supervisor, workers, at, ends, errors, readyTimes: () => ready };
}

describe('Supervisor', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is ready once, when every slot has a worker that is', () => {
    const { at, readyTimes } = createSupervisor(2);
    at(0).ready();
    expect(readyTimes()).toBe(0);
    at(1).ready();
    expect(readyTimes()).toBe(1);
  });

  it('restarts a worker that dies with a delay that doubles', async () => {
    const { workers, at } = createSupervisor(1);
    at(0).ready();
    for (const [death, delayMs] of [100, 200, 400, 800].entries()) {
      at(death).ends(1);
      await vi.advanceTimersByTimeAsync(delayMs - 1);
      expect(workers).toHaveLength(death + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(workers).toHaveLength(death + 2);
      expect(at(death + 1).slot).toBe(1);
    }
  });

  it('forgets earlier deaths of a slot once a worker has lived long', async () => {
    const { workers, at } = createSupervisor(1);
    at(0).ready();
    at(0).ends(1);
    await vi.advanceTimersByTimeAsync(100);
    at(1).ready();
    await vi.advanceTimersByTimeAsync(31_000);
    at(1).ends(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(workers).toHaveLength(3);
  });

  it('gives up a first start after a few deaths, with code 1', async () => {
    const { workers, ends, at } = createSupervisor(1);
    for (let death = 0; ends.length === 0 && death < 10; death++) {
      at(death).ends(1);
      await vi.advanceTimersByTimeAsync(10_000);
    }
    expect(ends).toEqual([1]);
    expect(workers).toHaveLength(4);
  });

  it('goes on restarting where the service was ready once, every ten seconds in the end', async () => {
    const { workers, ends, at } = createSupervisor(1);
    at(0).ready();
    for (let death = 0; death < 30; death++) {
      at(death).ends(1);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(workers).toHaveLength(death + 2);
    }
    at(30).ends(1);
    await vi.advanceTimersByTimeAsync(9999);
    expect(workers).toHaveLength(31);
    expect(ends).toEqual([]);
  });

  it('ends at once with code 1 where a worker says that the start cannot succeed', () => {
    const { at, ends } = createSupervisor(2);
    at(0).emit('message', { kind: 'unstartable' });
    at(0).ends(1);
    expect(ends).toEqual([1]);
    expect(at(1).isGone).toBe(true);
  });

  it('drains every worker at a stop and ends with 0 after the last', () => {
    const { supervisor, at, ends } = createSupervisor(2);
    at(0).ready();
    at(1).ready();
    supervisor.stop();
    expect([at(0).sent, at(1).sent]).toEqual([['drain'], ['drain']]);
    at(0).ends(0);
    expect(ends).toEqual([]);
    at(1).ends(0);
    expect(ends).toEqual([0]);
  });

  it('kills a worker that does not drain in time', async () => {
    const { supervisor, at, ends } = createSupervisor(1);
    at(0).ready();
    supervisor.stop();
    await vi.advanceTimersByTimeAsync(6001);
    expect(ends).toEqual([0]);
  });

  describe('in a rolling restart', () => {
    it('drains an old worker only when the new one is ready, one at a time', async () => {
      const { supervisor, workers, at } = createSupervisor(2);
      at(0).ready();
      at(1).ready();
      const rolled = supervisor.roll();
      expect(workers.map(({ slot }) => slot)).toEqual([1, 2, 1]);
      expect(at(0).sent).toEqual([]);
      at(2).ready();
      await vi.advanceTimersByTimeAsync(0);
      expect(at(0).sent).toEqual(['drain']);
      expect(workers).toHaveLength(3);
      at(0).ends(0);
      await vi.advanceTimersByTimeAsync(0);
      expect(workers.map(({ slot }) => slot)).toEqual([1, 2, 1, 2]);
      at(3).ready();
      await vi.advanceTimersByTimeAsync(0);
      at(1).ends(0);
      await rolled;
      expect(workers).toHaveLength(4);
      expect(supervisor.seats().map(({ slot, state }) => [slot, state])).toEqual([
        [1, 'ready'],
        [2, 'ready'],
      ]);
    });

    it('keeps the old worker where the new one is not usable or dies, and can roll again', async () => {
      const { supervisor, workers, at, errors } = createSupervisor(1);
      at(0).ready();
      const first = supervisor.roll();
      at(1).ready(false);
      await first;
      expect(at(1).sent).toEqual(['drain']);
      at(1).ends(0);
      const second = supervisor.roll();
      at(2).ends(1);
      await second;
      await vi.advanceTimersByTimeAsync(20_000);
      expect(workers).toHaveLength(3);
      expect(at(0).sent).toEqual([]);
      expect(errors.filter((text) => text.includes('given up'))).toHaveLength(2);
    });

    it('does not double a slot where the old worker dies meanwhile', async () => {
      const { supervisor, workers, at } = createSupervisor(1);
      at(0).ready();
      const rolled = supervisor.roll();
      at(0).ends(null, 'SIGKILL');
      await vi.advanceTimersByTimeAsync(20_000);
      expect(workers).toHaveLength(2);
      at(1).ready();
      await rolled;
      expect(supervisor.seats()).toHaveLength(1);
    });

    it('restarts the slot where both die', async () => {
      const { supervisor, workers, at } = createSupervisor(1);
      at(0).ready();
      const rolled = supervisor.roll();
      at(0).ends(null, 'SIGKILL');
      at(1).ends(1);
      await rolled;
      await vi.advanceTimersByTimeAsync(20_000);
      expect(workers).toHaveLength(3);
    });

    it('says nothing of a failed roll where a stop came into it', async () => {
      const { supervisor, at, ends, errors } = createSupervisor(1);
      at(0).ready();
      const rolled = supervisor.roll();
      supervisor.stop();
      at(0).ends(0);
      await rolled;
      expect(ends).toEqual([0]);
      expect(errors).toEqual([]);
    });
  });
});
