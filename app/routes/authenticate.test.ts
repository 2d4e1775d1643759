import { describe, expect, it } from 'vitest';
import { ApiKeys } from './authenticate.js';

describe('ApiKeys', () => {
  const keys = new ApiKeys(['first', 'second', 'k'.repeat(256)]);

  it.each(['first', 'second', 'k'.repeat(256)])('accepts each configured key', (key) => {
    expect(keys.accepts(key)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'firs',
    'first ',
    'FIRST',
    'first,second',
    'first\0',
    'k'.repeat(255),
    'k'.repeat(257),
  ])('refuses %j', (key) => {
    expect(keys.accepts(key)).toBe(false);
  });

  it('refuses a key of which a configured one is the beginning', () => {
    expect(new ApiKeys(['first']).accepts('first-and-more')).toBe(false);
  });

  it('accepts nothing where no key is configured', () => {
    expect(new ApiKeys([]).accepts('')).toBe(false);
  });
});
