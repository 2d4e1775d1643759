import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';

function createBreaker() {
  const clock = { ms: 0 };
  const changes: string[] = [];
  const breaker = new CircuitBreaker({
    failuresToOpen: 3,
    openMs: 1000,
    now: () => clock.ms,
    onChange: (state) => changes.push(state),
  });
  const fail = (times: number): void => {
    for (let i = 0; i < times; i++) breaker.failed();
  };
  return { breaker, clock, changes, fail };
}

describe('CircuitBreaker', () => {
  it('opens after that many failures in a row, and not before', () => {
    const { breaker, changes, fail } = createBreaker();
    fail(2);
    breaker.succeeded();
    fail(2);
    expect(breaker.allows()).toBe(true);
    fail(1);
    expect(breaker.state).toBe('open');
    expect(breaker.allows()).toBe(false);
    expect(changes).toEqual(['open']);
  });

  it('lets one probe through after its time, and only one', () => {
    const { breaker, clock, fail } = createBreaker();
    fail(3);
    clock.ms = 999;
    expect(breaker.allows()).toBe(false);
    clock.ms = 1000;
    expect([breaker.allows(), breaker.allows(), breaker.allows()]).toEqual([true, false, false]);
    expect(breaker.state).toBe('half-open');
  });

  it('closes where the probe succeeds, and counts failures anew', () => {
    const { breaker, clock, changes, fail } = createBreaker();
    fail(3);
    clock.ms = 1000;
    breaker.allows();
    breaker.succeeded();
    fail(2);
    expect(breaker.allows()).toBe(true);
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('opens again for its whole time where the probe fails', () => {
    const { breaker, clock, changes, fail } = createBreaker();
    fail(3);
    clock.ms = 1500;
    breaker.allows();
    breaker.failed();
    clock.ms = 2499;
    expect(breaker.allows()).toBe(false);
    clock.ms = 2500;
    expect(breaker.allows()).toBe(true);
    expect(changes).toEqual(['open', 'half-open', 'open', 'half-open']);
  });

  it('opens at once where a failure leaves no doubt', () => {
    const { breaker, clock, changes } = createBreaker();
    breaker.trip();
    expect(breaker.allows()).toBe(false);
    clock.ms = 1000;
    expect(breaker.allows()).toBe(true);
    breaker.succeeded();
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });
});
