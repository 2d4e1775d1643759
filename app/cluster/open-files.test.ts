import { describe, expect, it } from 'vitest';
import { connectionsWithin, openFilesLimit } from './open-files.js';

describe('connectionsWithin', () => {
  it.each([
    [Infinity, 10_000],
    [1_048_576, 10_000],
    [1024, 960],
    [128, 64],
    [64, 32],
    [20, 10],
  ])('of %d open files leaves %d to connections', (limit, connections) => {
    expect(connectionsWithin(limit)).toBe(connections);
  });

  it.each([
    [1_048_576, 50_000, 50_000],
    [1024, 50_000, 960],
    [1024, 100, 100],
  ])('of %d open files leaves to %d that are wanted %d', (limit, wanted, connections) => {
    expect(connectionsWithin(limit, wanted)).toBe(connections);
  });
});

describe('openFilesLimit', () => {
  it('reads what Linux says of a process', () => {
    const line = 'Max open files            128                  256                  files     ';
    expect(openFilesLimit(() => `Max processes 5 5\n${line}\n`)).toBe(128);
    expect(openFilesLimit(() => line.replace('128', 'unlimited'))).toBe(Infinity);
    expect(openFilesLimit(() => '')).toBe(Infinity);
  });

  it('finds a limit for this process', () => {
    expect(openFilesLimit()).toBeGreaterThan(64);
  });
});
