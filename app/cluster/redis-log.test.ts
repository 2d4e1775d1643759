import { describe, expect, it } from 'vitest';
import type { WorkerState } from '../telemetry/status/service-views.js';
import type { RedisFailure } from '../cache/redis-failure.js';
import { RedisLog } from './redis-log.js';

const REFUSED: RedisFailure = { command: 'connect', cause: 'refused' };
const FULL: RedisFailure = { command: 'store', cause: 'OOM' };

interface Worker {
  readonly slot: number;
  state: WorkerState;
  redisFailure: RedisFailure | undefined;
}

function createLog(slots: number) {
  const lines: unknown[] = [];
  const warn = (message: string, fields?: object): void => {
    lines.push(fields === undefined ? message : [message, fields]);
  };
  const workers = Array.from({ length: slots }, (_, i): Worker => {
    return { slot: i + 1, state: 'ready', redisFailure: undefined };
  });
  const clock = { ms: 0 };
  const log = new RedisLog(
    { warn } as unknown as ConstructorParameters<typeof RedisLog>[0],
    () => workers,
    () => clock.ms,
  );
  const reports = (slot: number, redisFailure: RedisFailure | undefined): void => {
    const worker = workers.find((one) => one.slot === slot);
    if (worker === undefined) throw new Error(`no worker in slot ${slot}`);
    worker.redisFailure = redisFailure;
    log.reported(worker);
  };
  return { lines, workers, reports, clock };
}

describe('RedisLog', () => {
  it('says a cause once for all workers, and once that it is over for all of them', () => {
    const { lines, reports } = createLog(3);
    for (const slot of [2, 1, 3]) reports(slot, REFUSED);
    expect(lines).toEqual([
      ['Redis is gone', { slot: 2, ...REFUSED, hint: 'nothing listens at that host and port' }],
    ]);
    for (const slot of [1, 3]) reports(slot, undefined);
    expect(lines).toHaveLength(1);
    reports(2, undefined);
    expect(lines.slice(1)).toEqual(['Redis is back']);
    reports(3, FULL);
    reports(3, undefined);
    expect(lines.slice(2)).toEqual([
      ['Redis refuses to store', expect.objectContaining({ slot: 3, ...FULL })],
      'Redis is back',
    ]);
  });

  it('says each of two causes that take turns once', () => {
    const { lines, reports } = createLog(2);
    for (const failure of [REFUSED, FULL, REFUSED, FULL]) {
      for (const slot of [1, 2]) reports(slot, failure);
    }
    expect(lines).toHaveLength(2);
  });

  it('says that it is gone for others too while one worker fails for hours', () => {
    const { lines, reports, clock } = createLog(3);
    reports(1, REFUSED);
    clock.ms = 60 * 60_000;
    for (const slot of [2, 3]) reports(slot, REFUSED);
    expect(lines.slice(1)).toEqual([['Redis is gone', expect.objectContaining({ slot: 2 })]]);
  });

  it('says nothing where Redis works from the start', () => {
    const { lines, reports } = createLog(2);
    for (const slot of [1, 2]) reports(slot, undefined);
    expect(lines).toEqual([]);
  });

  it('does not wait for a worker that drains', () => {
    const { lines, workers, reports } = createLog(1);
    reports(1, REFUSED);
    const [old] = workers;
    if (old !== undefined) old.state = 'draining';
    workers.push({ slot: 2, state: 'ready', redisFailure: undefined });
    reports(2, undefined);
    expect(lines.slice(1)).toEqual(['Redis is back']);
  });
});
