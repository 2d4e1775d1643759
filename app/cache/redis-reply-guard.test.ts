import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplyGuard, ReplyRefused } from './redis-reply-guard.js';

const RIGHT = ['+OK\r\n', '-ERR no\r\n', '-\r\n', '$0\r\n\r\n', '$9\r\n*1\r\n$-1\r\r\r\n'];

/** Fed in pieces of that size. */
function reasonOf(bytes: Buffer | string, size = Infinity): string | undefined {
  const guard = new ReplyGuard(9);
  const all = Buffer.from(bytes);
  try {
    for (let i = 0; i < all.length; i += size) guard.check(all.subarray(i, i + size));
    return undefined;
  } catch (error) {
    return error instanceof ReplyRefused ? error.reason : String(error);
  }
}

describe('ReplyGuard', () => {
  it('takes replies of our commands, however they are cut', () => {
    const text = RIGHT.join('').repeat(3);
    for (const size of [1, 2, 3, 7, Infinity]) expect(reasonOf(text, size)).toBeUndefined();
  });

  it.each([
    ['*-1\r\n', 'shape'],
    ['$-1\r\n', 'shape'],
    ['*0\r\n', 'shape'],
    ['*1\r\n*1\r\n*1\r\n', 'shape'],
    [':1\r\n', 'shape'],
    ['_\r\n', 'shape'],
    ['#t\r\n', 'shape'],
    [',1.5\r\n', 'shape'],
    ['(1\r\n', 'shape'],
    ['!3\r\nERR\r\n', 'shape'],
    ['=7\r\ntxt:abc\r\n', 'shape'],
    ['%1\r\n+a\r\n+b\r\n', 'shape'],
    ['~1\r\n+a\r\n', 'shape'],
    ['>1\r\n$-1\r\n', 'shape'],
    ['|1\r\n+a\r\n+b\r\n', 'shape'],
    ['$10\r\n', 'too_large'],
    ['$300000000\r\n', 'too_large'],
    ['$99999999999999999999', 'too_large'],
    [`+${'a'.repeat(5000)}`, 'too_large'],
    [`-${'a'.repeat(5000)}`, 'too_large'],
    ['HTTP/1.1 400 Bad Request\r\n', 'protocol'],
    ['\x15\x03\x03\0\x02\x02\x28', 'protocol'],
    ['\r\n', 'protocol'],
    ['$\r\n', 'protocol'],
    ['$1e9\r\n', 'protocol'],
    ['$ 1\r\n', 'protocol'],
    ['$2\r\nabc\r\n', 'protocol'],
    ['$2\r\nab+O', 'protocol'],
    ['+OK\n', 'protocol'],
    ['+O\rK\r\n', 'protocol'],
  ])('refuses %j as %s, however it is cut', (text, reason) => {
    for (const size of [1, 3, Infinity]) expect(reasonOf(`+OK\r\n${text}`, size)).toBe(reason);
  });

  it('takes bytes of any kind for right or wrong, and nothing else', () => {
    const reasons = [undefined, 'protocol', 'shape', 'too_large'];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...RIGHT), (bytes, right) => {
        const text = Buffer.concat([Buffer.from(right), Buffer.from(bytes)]);
        expect(reasons).toContain(reasonOf(text));
        // Cutting changes nothing.
        expect(reasonOf(text, 1)).toBe(reasonOf(text));
      }),
    );
  });
});
