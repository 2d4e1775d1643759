import { describe, expect, it } from 'vitest';
import { AnswerParser, MalformedAnswerError } from './answer-parser.js';

const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;note=1\r\nlo\r\n0\r\nTrailer: x\r\n\r\n';

function parserFor(wantBody = true): AnswerParser {
  const parser = new AnswerParser();
  parser.begin(wantBody);
  return parser;
}

function read(text: string): AnswerParser {
  const parser = parserFor();
  expect(parser.push(Buffer.from(text, 'latin1'))).toBe(true);
  return parser;
}

describe('an answer', () => {
  it.each([
    ['with a length', PLAIN],
    ['in chunks', CHUNKED],
  ])('%s is read however its bytes are split', (_, text) => {
    const bytes = Buffer.from(text, 'latin1');
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const parser = parserFor();
      expect(parser.push(Buffer.from(bytes.subarray(0, cut)))).toBe(false);
      expect(parser.push(Buffer.from(bytes.subarray(cut)))).toBe(true);
      expect([parser.status, parser.body().toString(), parser.keepAlive]).toEqual([
        200,
        'hello',
        true,
      ]);
    }
  });

  it.each([
    ['with a length', PLAIN],
    ['in chunks', CHUNKED],
  ])('%s is read when its bytes come one by one into the same buffer', (_, text) => {
    const parser = parserFor();
    const one = Buffer.alloc(1);
    const done = [...Buffer.from(text, 'latin1')].map((byte) => {
      one[0] = byte;
      return parser.push(one);
    });
    expect(done.lastIndexOf(false)).toBe(done.length - 2);
    expect(parser.body().toString()).toBe('hello');
  });

  it('follows another one on the same parser', () => {
    const parser = read(PLAIN);
    parser.begin(true);
    expect(parser.push(Buffer.from(CHUNKED, 'latin1'))).toBe(true);
    expect(parser.body().toString()).toBe('hello');
  });

  it('keeps no body that nobody asked for', () => {
    const parser = parserFor(false);
    parser.push(Buffer.from(PLAIN, 'latin1'));
    expect(parser.body()).toHaveLength(0);
  });

  it.each([204, 304])('%i has no body, whatever its headers say', (status) => {
    expect(read(`HTTP/1.1 ${status} X\r\nServer: x\r\n\r\n`).status).toBe(status);
  });

  it('may have no body and no reason', () => {
    expect(read('HTTP/1.1 503 \r\ncontent-length: 0\r\n\r\n').status).toBe(503);
    expect(read('HTTP/1.1 503\r\ncontent-length: 0\r\n\r\n').status).toBe(503);
  });

  it('may come after interim ones', () => {
    expect(read(`HTTP/1.1 100 Continue\r\n\r\n${PLAIN}`).body().toString()).toBe('hello');
  });

  it('ends with the connection where it has neither length nor chunks', () => {
    const parser = parserFor();
    expect(parser.push(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhel', 'latin1'))).toBe(false);
    parser.push(Buffer.from('lo', 'latin1'));
    expect(parser.end()).toBe(true);
    expect([parser.body().toString(), parser.keepAlive]).toEqual(['hello', false]);
  });

  it.each(['', 'HTTP/1.1 200 OK\r\nContent-', PLAIN.slice(0, -1), CHUNKED.slice(0, -2)])(
    'is incomplete when the connection ends after %j',
    (text) => {
      const parser = parserFor();
      parser.push(Buffer.from(text, 'latin1'));
      expect(parser.end()).toBe(false);
    },
  );
});

describe('a connection', () => {
  it.each([
    ['HTTP/1.1', '', true],
    ['HTTP/1.1', 'Connection: close\r\n', false],
    ['HTTP/1.1', 'connection: x, CLOSE\r\n', false],
    ['HTTP/1.0', '', false],
    ['HTTP/1.0', 'Connection: keep-alive\r\n', true],
  ])('after %s with %j may go on: %s', (version, header, keepAlive) => {
    expect(read(`${version} 200 OK\r\n${header}Content-Length: 0\r\n\r\n`).keepAlive).toBe(
      keepAlive,
    );
  });
});

describe('what is not one HTTP/1.1 answer is refused', () => {
  it.each([
    ['another protocol', '220 mail ESMTP\r\n\r\n'],
    ['another protocol, at its first byte', 'S'],
    ['HTTP/2 as text', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 2x0 OK\r\n\r\n'],
    ['a short status', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nbroken\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    [
      'two lengths that differ',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ],
    [
      'a length beside chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['another encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a body over the limit', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n'],
    [
      'a chunk size that is no number',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
    ],
    [
      'a chunk longer than its size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
    ],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n'],
    ['bytes after the answer', `${PLAIN}HTTP/1.1 200 OK`],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(8_000)}`],
    [
      'an endless chunk line',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(5_000)}`,
    ],
  ])('%s', (_, text) => {
    const parser = parserFor();
    expect(() => parser.push(Buffer.from(text, 'latin1'))).toThrow(MalformedAnswerError);
  });

  it('bytes that no request asked for', () => {
    const parser = read(PLAIN);
    expect(() => parser.push(Buffer.from('x'))).toThrow(/no request asked for/);
  });
});
