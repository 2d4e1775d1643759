import { describe, expect, it } from 'vitest';
import { bodyKey } from './body-key.js';

describe('bodyKey', () => {
  it('differs by any byte', () => {
    expect(bodyKey(Buffer.from('{}'))).toBe(bodyKey(Buffer.from('{}')));
    expect(bodyKey(Buffer.from('{}'))).not.toBe(bodyKey(Buffer.from('{} ')));
    expect(bodyKey(Buffer.of(0xff))).not.toBe(bodyKey(Buffer.of(0xfe)));
  });
});
