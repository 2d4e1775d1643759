import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MetricsTotals } from '../telemetry/metrics/totals.js';
import { RegistryPoller } from './registry-poller.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function createPoller(hasChanged: () => Promise<boolean>) {
  const lines: string[] = [];
  const note = (message: unknown): void => void lines.push(String(message));
  const totals = new MetricsTotals();
  const onChange = vi.fn();
  const log = { info: note, warn: note } as never;
  const poller = new RegistryPoller({ hasChanged, onChange, intervalMs: 1000, totals, log });
  poller.start();
  const isUp = () => [...totals.list('registryUp')].map(({ values }) => values[0]);
  return { poller, lines, onChange, isUp };
}

describe('the poller of a registry', () => {
  it('asks at a steady pace, reports changes, and ends', async () => {
    const answers = [false, true, false];
    const hasChanged = vi.fn(() => Promise.resolve(answers.shift() ?? false));
    const { poller, onChange, isUp } = createPoller(hasChanged);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(hasChanged.mock.calls.length).toBeGreaterThanOrEqual(8);
    expect(hasChanged.mock.calls.length).toBeLessThanOrEqual(12);
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(isUp()).toEqual([1]);
    poller.stop();
    const asked = hasChanged.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(hasChanged).toHaveBeenCalledTimes(asked);
  });

  it('writes once that the registry is away, and once that it is back', async () => {
    let isAway = true;
    const { poller, lines, isUp } = createPoller(() =>
      isAway ? Promise.reject(new Error('gone')) : Promise.resolve(false),
    );
    await vi.advanceTimersByTimeAsync(5000);
    expect(lines).toEqual(['the registry cannot be read: the model that serves stays']);
    expect({ fault: poller.fault, up: isUp() }).toEqual({ fault: 'gone', up: [0] });
    isAway = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(lines.slice(1)).toEqual(['the registry can be read again']);
    expect({ fault: poller.fault, up: isUp() }).toEqual({ fault: undefined, up: [1] });
    poller.stop();
  });

  it('does not ask again while an answer is late, and says so', async () => {
    let answer: (value: boolean) => void = () => undefined;
    const hasChanged = vi.fn(() => new Promise<boolean>((resolve) => (answer = resolve)));
    const { poller, onChange } = createPoller(hasChanged);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hasChanged).toHaveBeenCalledTimes(1);
    expect(poller.fault).toBe('no answer within 10 s');
    answer(true);
    await vi.advanceTimersByTimeAsync(1500);
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(poller.fault).toBeUndefined();
    expect(hasChanged).toHaveBeenCalledTimes(2);
    poller.stop();
  });
});
