import { describe, expect, it } from 'vitest';
import { bodyFormatOf } from './body-format.js';

const UTF_8 = 'application/json;charset=UTF-8';
const UTF_16 = 'application/json;charset=UTF-16';
const TEXT = 'text/plain;charset=UTF-8';

function isTaken(type: string, more: Readonly<Record<string, string>> = {}): boolean {
  return bodyFormatOf({ 'content-type': type, ...more }).ok;
}

/** CPU time of many requests that send these types in turn. */
function cpuMicros(types: readonly string[]): number {
  const before = process.cpuUsage();
  for (let i = 0; i < 50_000; i += 1) isTaken(types[i % types.length] ?? '');
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

describe('a type that was accepted', () => {
  it('is not parsed again in the next request', () => {
    const inTurn = [UTF_8, `${UTF_8};a=b`];
    cpuMicros(inTurn);
    expect(cpuMicros([UTF_8])).toBeLessThan(cpuMicros(inTurn) / 4);
  });

  it('vouches for no other, and for nothing but itself', () => {
    const types = [UTF_8, TEXT, TEXT, UTF_8, UTF_16, UTF_16, UTF_8, UTF_8];
    const taken = types.map((type) => isTaken(type));
    expect(taken).toEqual([true, false, false, true, false, false, true, true]);
    expect(isTaken(UTF_8, { 'content-encoding': 'br' })).toBe(false);
    expect(bodyFormatOf({ 'content-type': UTF_8, 'content-encoding': 'gzip' })).toEqual({
      ok: true,
      coding: 'gzip',
    });
  });
});
