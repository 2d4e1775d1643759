import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedRead, TooManyAskers } from './shared-read.js';

const INTERVAL_MS = 200;

/** A read that ends when the test says so. */
function createRead(askersMax = 100) {
  const ends: ((value: string) => void)[] = [];
  const fails: ((error: Error) => void)[] = [];
  const shared = new SharedRead(
    () =>
      new Promise<string>((resolve, reject) => {
        ends.push(resolve);
        fails.push(reject);
      }),
    { intervalMs: INTERVAL_MS, askersMax },
  );
  return { shared, ends, fails };
}

const advance = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

describe('SharedRead', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads once for all who ask before it begins, at once where nothing was read lately', async () => {
    const { shared, ends } = createRead();
    const asked = Promise.all([shared.ask(), shared.ask(), shared.ask()]);
    await advance();
    expect(ends).toHaveLength(1);
    ends[0]?.('a');
    expect(await asked).toEqual(['a', 'a', 'a']);
  });

  it('never gives an answer that is older than the question', async () => {
    const { shared, ends } = createRead();
    const first = shared.ask();
    await advance();
    const later = shared.ask();
    await advance(INTERVAL_MS * 2);
    expect(ends).toHaveLength(1);
    ends[0]?.('old');
    await advance();
    expect(ends).toHaveLength(2);
    ends[1]?.('new');
    expect(await Promise.all([first, later])).toEqual(['old', 'new']);
  });

  it('starts reads at least an interval apart', async () => {
    const { shared, ends } = createRead();
    void shared.ask();
    await advance();
    ends[0]?.('a');
    await advance(INTERVAL_MS / 2);
    const second = shared.ask();
    await advance(INTERVAL_MS / 2 - 1);
    expect(ends).toHaveLength(1);
    await advance(1);
    expect(ends).toHaveLength(2);
    ends[1]?.('b');
    expect(await second).toBe('b');
  });

  it('turns away who asks beyond the limit, and nobody of the next read', async () => {
    const { shared, ends } = createRead(2);
    const asked = [shared.ask(), shared.ask()];
    await expect(shared.ask()).rejects.toBeInstanceOf(TooManyAskers);
    await advance();
    const next = [shared.ask(), shared.ask()];
    await expect(shared.ask()).rejects.toBeInstanceOf(TooManyAskers);
    ends[0]?.('a');
    await advance(INTERVAL_MS);
    ends[1]?.('b');
    expect(await Promise.all([...asked, ...next])).toEqual(['a', 'a', 'b', 'b']);
  });

  it('reports a failure to those who waited for it, and reads again for the next', async () => {
    const { shared, ends, fails } = createRead();
    const failing = shared.ask();
    const reported = expect(failing).rejects.toThrow('broken');
    await advance();
    const next = shared.ask();
    fails[0]?.(new Error('broken'));
    await reported;
    await advance(INTERVAL_MS);
    ends[1]?.('well');
    expect(await next).toBe('well');
  });
});
