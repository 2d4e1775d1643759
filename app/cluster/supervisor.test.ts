import { EventEmitter } from 'node:events';
import type { Worker } from 'node:cluster';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger, type Logger } from '../telemetry/logs/logger.js';
import { MetricsTotals } from '../telemetry/metrics/totals.js';
import type { ModelFiles } from '../registry/model-files.js';
import type { PrimaryMessage } from './messages.js';
import { Supervisor } from './supervisor.js';

const IDENTITY = { name: 'm', version: '1', digest: 'd', compilerVersion: '1' };
const START_TIMEOUT_MS = 60_000;

/** Stands in for a model: the supervisor hands it on and looks at nothing in it. */
function model(path: string): ModelFiles {
  return { path, files: new Map() };
}
const MODEL = model('first');
const NEXT = model('next');

/** Stands in for a worker process: a test says what it does. */
class FakeWorker extends EventEmitter {
  readonly sent: PrimaryMessage['kind'][] = [];
  readonly process = { pid: 1, kill: (signal: string) => this.#killed(signal) };
  isGone = false;

  constructor(
    readonly id: number,
    readonly slot: number,
    readonly files: ModelFiles,
  ) {
    super();
  }

  isDead(): boolean {
    return this.isGone;
  }

  isConnected(): boolean {
    return !this.isGone;
  }

  send(message: PrimaryMessage): void {
    this.sent.push(message.kind);
  }

  ready(usable = true): void {
    this.emit('message', { kind: 'ready', usable, model: IDENTITY });
  }

  failsItsCheck(): void {
    this.emit('message', { kind: 'unusable', reason: 'failed its check' });
  }

  ends(code: number | null, signal: string | null = null): void {
    if (this.isGone) return;
    this.isGone = true;
    this.emit('exit', code, signal);
  }

  #killed(signal: string): void {
    this.ends(null, signal);
  }
}

/** One for all: each listens to standard output for as long as the process lives. */
const log: Logger = createLogger({
  level: 'error',
  process: 'test',
  onWritten: () => undefined,
  onDropped: () => undefined,
  redact: (text) => text,
});
log.silent = true;

function createSupervisor(slots: number) {
  const workers: FakeWorker[] = [];
  const ends: number[] = [];
  const errors: string[] = [];
  let ready = 0;
  let started = 0;
  const notReady: string[] = [];
  const totals = new MetricsTotals();
  vi.spyOn(log, 'error').mockImplementation(((message: string) => {
    errors.push(message);
    return log;
  }) as never);
  const supervisor = new Supervisor({
    slots,
    fork: (slot, files) => {
      const worker = new FakeWorker(workers.length + 1, slot, files);
      workers.push(worker);
      // The supervisor uses no more of a worker than the fake has.
      return worker as unknown as Worker;
    },
    totals,
    readMetrics: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
    readStatus: () => '{}',
    onTraces: () => undefined,
    onFault: () => undefined,
    onRedis: () => undefined,
    log,
    drainTimeoutMs: 5000,
    startTimeoutMs: START_TIMEOUT_MS,
    onStarted: () => (started += 1),
    onReady: () => (ready += 1),
    onNotReady: (reason) => notReady.push(reason),
    onEnd: (code) => ends.push(code),
  });
  supervisor.start(MODEL);
  const at = (index: number): FakeWorker => {
    const worker = workers[index];
    if (worker === undefined) throw new Error(`worker ${index} was not started`);
    return worker;
  };
  const startedTimes = () => started;
  return { supervisor, workers, at, ends, errors, notReady, startedTimes, readyTimes: () => ready };
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

  it('goes on restarting one worker beside another, every ten seconds in the end', async () => {
    const { workers, ends, at } = createSupervisor(2);
    at(0).ready();
    at(1).ready();
    at(1).ends(1);
    for (let death = 2; death < 30; death++) {
      await vi.advanceTimersByTimeAsync(10_000);
      expect(workers).toHaveLength(death + 1);
      at(death).ends(1);
    }
    await vi.advanceTimersByTimeAsync(9999);
    expect(workers).toHaveLength(30);
    expect(ends).toEqual([]);
  });

  it('ends with code 1 where no worker listens any more and none can start in time', async () => {
    const { workers, ends, at, errors } = createSupervisor(2);
    at(0).ready();
    at(1).ready();
    at(0).ends(1);
    await vi.advanceTimersByTimeAsync(2 * START_TIMEOUT_MS);
    expect(ends).toEqual([]);
    at(1).ends(1);
    for (let second = 1; second < START_TIMEOUT_MS / 1000; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      for (const worker of workers) worker.ends(1);
    }
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(ends).toEqual([1]);
    expect(errors).toContain('no worker could start in time; giving up');
  });

  it('ends with code 1 where workers start and never become ready', async () => {
    const { ends } = createSupervisor(2);
    await vi.advanceTimersByTimeAsync(START_TIMEOUT_MS);
    expect(ends).toEqual([1]);
  });

  it('counts the time without any worker anew after each one that was there', async () => {
    const { ends, at } = createSupervisor(1);
    at(0).ready();
    at(0).ends(1);
    await vi.advanceTimersByTimeAsync(START_TIMEOUT_MS - 1000);
    at(1).ready();
    at(1).ends(1);
    await vi.advanceTimersByTimeAsync(START_TIMEOUT_MS - 1000);
    expect(ends).toEqual([]);
  });

  describe('of workers that fail their golden check', () => {
    it('lets them listen where no other has passed it, to say so', () => {
      const { at } = createSupervisor(2);
      at(0).failsItsCheck();
      at(1).failsItsCheck();
      expect([at(0).sent, at(1).sent]).toEqual([['listen'], ['listen']]);
    });

    it('says why the service is not ready, once, and is ready with a model that passes', async () => {
      const { supervisor, at, notReady, startedTimes, readyTimes } = createSupervisor(2);
      for (const worker of [at(0), at(1)]) {
        worker.failsItsCheck();
        worker.ready(false);
      }
      expect([notReady, startedTimes(), readyTimes()]).toEqual([['failed its check'], 1, 0]);
      const rolled = supervisor.roll(NEXT);
      at(2).ready();
      expect([notReady.length, startedTimes(), readyTimes()]).toEqual([1, 1, 1]);
      await vi.advanceTimersByTimeAsync(0);
      at(0).ends(0);
      await vi.advanceTimersByTimeAsync(0);
      at(3).ready();
      await vi.advanceTimersByTimeAsync(0);
      at(1).ends(0);
      expect(await rolled).toEqual({ result: 'done' });
      expect(readyTimes()).toBe(1);
    });

    it('lets none listen beside one that passed, whichever comes first', async () => {
      const { at, workers } = createSupervisor(2);
      at(0).failsItsCheck();
      at(0).ready(false);
      at(1).ready();
      expect(at(0).isGone).toBe(true);
      await vi.advanceTimersByTimeAsync(1000);
      expect(workers).toHaveLength(3);
      at(2).failsItsCheck();
      expect([at(2).sent, at(2).isGone]).toEqual([[], true]);
      await vi.advanceTimersByTimeAsync(1000);
      at(3).ready();
      expect(at(3).slot).toBe(1);
    });
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
      const rolled = supervisor.roll(NEXT);
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
      expect(supervisor.view().map(({ slot, state }) => [slot, state])).toEqual([
        [1, 'ready'],
        [2, 'ready'],
      ]);
    });

    it('keeps the old worker where the new one is not usable or dies, and can roll again', async () => {
      const { supervisor, workers, at } = createSupervisor(1);
      at(0).ready();
      const first = supervisor.roll(NEXT);
      at(1).failsItsCheck();
      expect(await first).toEqual({ result: 'refused', reason: 'failed its check' });
      expect([at(1).sent, at(1).isGone]).toEqual([[], true]);
      const second = supervisor.roll(NEXT);
      at(2).ends(1);
      expect(await second).toMatchObject({ result: 'refused' });
      await vi.advanceTimersByTimeAsync(20_000);
      expect(workers).toHaveLength(3);
      expect(at(0).sent).toEqual([]);
    });

    it('does not double a slot where the old worker dies meanwhile', async () => {
      const { supervisor, workers, at } = createSupervisor(1);
      at(0).ready();
      const rolled = supervisor.roll(NEXT);
      at(0).ends(null, 'SIGKILL');
      await vi.advanceTimersByTimeAsync(20_000);
      expect(workers).toHaveLength(2);
      at(1).ready();
      await rolled;
      expect(supervisor.view()).toHaveLength(1);
    });

    it('restarts the slot where both die', async () => {
      const { supervisor, workers, at } = createSupervisor(1);
      at(0).ready();
      const rolled = supervisor.roll(NEXT);
      at(0).ends(null, 'SIGKILL');
      at(1).ends(1);
      await rolled;
      await vi.advanceTimersByTimeAsync(20_000);
      expect(workers).toHaveLength(3);
    });

    it('starts workers that die after a refusal with the model before it', async () => {
      const { supervisor, workers, at } = createSupervisor(2);
      at(0).ready();
      at(1).ready();
      const rolled = supervisor.roll(NEXT);
      at(2).failsItsCheck();
      await rolled;
      at(0).ends(1);
      at(1).ends(1);
      await vi.advanceTimersByTimeAsync(1000);
      expect(workers.map(({ files }) => files)).toEqual([MODEL, MODEL, NEXT, MODEL, MODEL]);
    });

    it('starts the slot again where the old one died before the new one was refused', async () => {
      const { supervisor, workers, at } = createSupervisor(1);
      at(0).ready();
      const rolled = supervisor.roll(NEXT);
      at(0).ends(null, 'SIGKILL');
      at(1).failsItsCheck();
      await rolled;
      await vi.advanceTimersByTimeAsync(1000);
      expect(workers.map(({ files }) => files)).toEqual([MODEL, NEXT, MODEL]);
    });

    it('takes slots back to the model before where a later one cannot serve the new', async () => {
      const { supervisor, workers, at } = createSupervisor(2);
      at(0).ready();
      at(1).ready();
      const rolled = supervisor.roll(NEXT);
      at(2).ready();
      await vi.advanceTimersByTimeAsync(0);
      at(0).ends(0);
      await vi.advanceTimersByTimeAsync(0);
      at(3).ends(1);
      await vi.advanceTimersByTimeAsync(0);
      expect(at(4)).toMatchObject({ slot: 1, files: MODEL });
      expect(at(2).sent).toEqual([]);
      at(4).ready();
      await vi.advanceTimersByTimeAsync(0);
      expect(at(2).sent).toEqual(['drain']);
      at(2).ends(0);
      expect(await rolled).toMatchObject({ result: 'refused' });
      at(1).ends(1);
      at(4).ends(1);
      await vi.advanceTimersByTimeAsync(1000);
      expect(workers.slice(5).map(({ files }) => files)).toEqual([MODEL, MODEL]);
    });

    it('replaces a slot whose worker has died and is due, too', async () => {
      const { supervisor, workers, at } = createSupervisor(1);
      at(0).ready();
      at(0).ends(1);
      const rolled = supervisor.roll(NEXT);
      at(1).ready();
      expect(await rolled).toEqual({ result: 'done' });
      at(1).ends(1);
      await vi.advanceTimersByTimeAsync(1000);
      expect(workers.map(({ files }) => files)).toEqual([MODEL, NEXT, NEXT]);
    });

    it('says nothing of a failed roll where a stop came into it', async () => {
      const { supervisor, at, ends, errors } = createSupervisor(1);
      at(0).ready();
      const rolled = supervisor.roll(NEXT);
      supervisor.stop();
      at(0).ends(0);
      await rolled;
      expect(ends).toEqual([0]);
      expect(errors).toEqual([]);
    });
  });
});
