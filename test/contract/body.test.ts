import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { HttpClient, type ClientAnswer } from '../testing/http-client.js';
import { exchange } from '../testing/raw-http.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { expectedAnswers } from '../testing/test-model.js';

const JSON_TEXT = JSON.stringify(EXAMPLE_READING);
const LIMIT = 32_768;
const MARK = '\ufeff';

describe('the body of POST /reg/', () => {
  let service: Service;
  let client: HttpClient;
  let trueAnswer: string;

  beforeAll(async () => {
    service = await startService({ env: { WORKERS: '1' } });
    client = new HttpClient(service.port, 4);
    [trueAnswer = ''] = await expectedAnswers([EXAMPLE_READING]);
    return async () => {
      client.close();
      await service.stop();
    };
  });

  function post(
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ClientAnswer> {
    // Bytes, as Node's client writes the headers before a string in the string's encoding.
    return client.ask({ headers: { 'x-api-key': API_KEY, ...headers }, body: Buffer.from(body) });
  }

  async function expectTaken(...request: Parameters<typeof post>): Promise<void> {
    const answer = await post(...request);
    expect(answer.body).toBe(trueAnswer);
    expect(answer.status).toBe(200);
    expect(answer.headers['x-error-code']).toBeUndefined();
  }

  async function expectRefused(
    request: Parameters<typeof post>,
    code: string,
    text: string | RegExp,
  ): Promise<ClientAnswer> {
    const answer = await post(...request);
    const said = JSON.parse(answer.body) as { body: string; status: string };
    expect(said.status).toBe('fail');
    if (typeof text === 'string') expect(said.body).toBe(text);
    else expect(said.body).toMatch(text);
    expect(answer.headers['x-error-code']).toBe(code);
    return answer;
  }

  describe('media types', () => {
    it.each([
      'application/json',
      'APPLICATION/JSON',
      'application/json;',
      'application/json ; ',
      'application/json;;',
      '\tapplication/json\t',
      'application/json;charset=utf-8',
      'application/json; charset=utf-8',
      'application/json; charset="UTF-8"',
      'application/json ;  CHARSET = "Utf-8" ; x="a;b,c\\""',
      'application/json; charset=utf8',
      'application/json; charset=unicode-1-1-utf-8',
      'application/json; charset=us-ascii',
      'application/json; charset=',
      'application/json; version=1',
      'application/json;odata=verbose',
      'application/json; odata.metadata=minimal; charset=utf-8; IEEE754Compatible=true',
      'application/json; profile="https://example.org/a;b"',
      'application/problem+json',
      'application/vnd.api+json; ext="x"',
      '',
    ])('takes %j', async (type) => {
      await expectTaken(JSON_TEXT, { 'content-type': type });
    });

    it('takes none for JSON', async () => {
      await expectTaken(JSON_TEXT);
    });

    it.each([
      ['text/plain', 'text/plain'],
      ['TEXT/plain; charset=utf-8', 'text/plain'],
      ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded'],
      ['multipart/form-data; boundary=x', 'multipart/form-data'],
      ['application/jsonp', 'application/jsonp'],
      ['application/json-seq', 'application/json-seq'],
      ['application/x-ndjson', 'application/x-ndjson'],
      ['application/json, text/plain', 'application/json, text/plain'],
      ['application/xml', 'application/xml'],
      ['json', 'json'],
      ['*/*', '*/*'],
      [';', ''],
      ['application/js\u00f6n', 'application/js?n'],
      [`text/${'x'.repeat(5000)}`, `text/${'x'.repeat(55)}...`],
    ])('refuses %j and says what it got', async (type, shown) => {
      const { status, headers } = await expectRefused(
        [JSON_TEXT, { 'content-type': type }],
        'unsupported_media_type',
        `Unsupported media type: got ${shown}, expected application/json`,
      );
      expect(status).toBe(415);
      expect(headers['accept']).toBe('application/json');
    });

    it.each(['utf-16', 'windows-1251', 'KOI8-R', 'iso-8859-5', 'latin1', 'no-such', 'utf-7'])(
      'refuses charset %s by its name',
      async (charset) => {
        const { status } = await expectRefused(
          [JSON_TEXT, { 'content-type': `application/json; charset="${charset}"` }],
          'unsupported_charset',
          `Unsupported charset: got ${charset}, expected utf-8`,
        );
        expect(status).toBe(415);
      },
    );
  });

  describe('content codings', () => {
    const packed: readonly (readonly [string, Uint8Array])[] = [
      ['gzip', gzipSync(JSON_TEXT)],
      ['GZIP', gzipSync(JSON_TEXT)],
      ['x-gzip', gzipSync(JSON_TEXT)],
      ['identity, gzip', gzipSync(JSON_TEXT)],
      [', gzip ,', gzipSync(JSON_TEXT)],
      ['deflate', deflateSync(JSON_TEXT)],
      ['Deflate', deflateRawSync(JSON_TEXT)],
    ];
    it.each(packed)('takes %j', async (coding, body) => {
      await expectTaken(body, { 'content-encoding': coding });
    });

    it.each(['identity', 'IDENTITY', 'Identity, identity', '', ' ', ','])(
      'takes the body as it is for %j',
      async (coding) => {
        await expectTaken(JSON_TEXT, { 'content-encoding': coding });
      },
    );

    it('takes several gzip members for one body, as RFC 1952 has it', async () => {
      const parts = [JSON_TEXT.slice(0, 100), '', JSON_TEXT.slice(100)].map((part) =>
        gzipSync(part),
      );
      await expectTaken(Buffer.concat(parts), { 'content-encoding': 'gzip' });
    });

    it('takes gzip in chunks, and with a mark before the JSON', async () => {
      const body = gzipSync(MARK + JSON_TEXT);
      await expectTaken(body, { 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' });
    });

    it.each([
      ['br', 'br'],
      ['zstd', 'zstd'],
      ['compress', 'compress'],
      ['gzip, gzip', 'gzip, gzip'],
      ['gzip, br', 'gzip, br'],
      ['gzip;q=1', 'gzip;q=1'],
      ['утка', '????????'],
    ])('refuses %j and says what would do', async (coding, shown) => {
      const { status, headers } = await expectRefused(
        [JSON_TEXT, { 'content-encoding': Buffer.from(coding).toString('latin1') }],
        'unsupported_encoding',
        `Unsupported encoding: got content-encoding ${shown}, expected one of gzip and deflate, or none`,
      );
      expect(status).toBe(415);
      expect(headers['accept-encoding']).toBe('gzip, deflate');
    });

    it('refuses a transfer coding before chunked', async () => {
      const head = `POST /reg/ HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n`;
      const body = '2\r\n{}\r\n0\r\n\r\n';
      const ask = (coding: string) =>
        exchange(service.port, `${head}transfer-encoding: ${coding}\r\n\r\n${body}`, {
          answers: 1,
        });
      const { answers } = await ask('gzip, chunked');
      expect(answers[0]?.status).toBe(415);
      expect(answers[0]?.headers.get('x-error-code')).toBe('unsupported_encoding');
      expect((await ask('Chunked')).answers[0]?.headers.get('x-error-code')).toBe('invalid_fields');
    });

    const gzip = gzipSync(JSON_TEXT);
    const damaged = Buffer.from(gzip);
    damaged[gzip.length - 6] = (damaged[gzip.length - 6] ?? 0) ^ 1;
    it.each([
      ['gzip', 'plain JSON', Buffer.from(JSON_TEXT), 'it is not gzip data, or damaged'],
      ['gzip', 'a wrong checksum', damaged, 'it is not gzip data, or damaged'],
      ['gzip', 'a cut end', gzip.subarray(0, -1), 'its gzip data ends too early'],
      ['gzip', 'a cut head', gzip.subarray(0, 5), 'its gzip data ends too early'],
      [
        'gzip',
        'zeros behind',
        Buffer.concat([gzip, Buffer.alloc(3)]),
        'bytes follow the end of its gzip data',
      ],
      [
        'gzip',
        'other bytes behind',
        Buffer.concat([gzip, Buffer.from('{}')]),
        'it is not gzip data, or damaged',
      ],
      ['gzip', 'zlib', deflateSync(JSON_TEXT), 'it is not gzip data, or damaged'],
      ['deflate', 'plain JSON', Buffer.from(JSON_TEXT), 'it is not deflate data, or damaged'],
      ['deflate', 'gzip', gzip, 'it is not deflate data, or damaged'],
      [
        'deflate',
        'a cut end',
        deflateSync(JSON_TEXT).subarray(0, -2),
        'its deflate data ends too early',
      ],
      [
        'deflate',
        'more behind',
        Buffer.concat([deflateRawSync(JSON_TEXT), Buffer.from('x')]),
        'bytes follow the end of its deflate data',
      ],
      [
        'deflate',
        'a dictionary',
        deflateSync(JSON_TEXT, { dictionary: Buffer.from(JSON_TEXT) }),
        'its deflate data needs a dictionary',
      ],
    ] as const)('refuses %s that is %s, in words', async (coding, _what, body, words) => {
      const { status } = await expectRefused(
        [body, { 'content-encoding': coding }],
        'invalid_compression',
        `Bad request: the body cannot be decompressed: ${words}`,
      );
      expect(status).toBe(400);
    });

    it.each(['gzip', 'deflate'] as const)(
      'has one limit for %s and plain bodies',
      async (coding) => {
        const compress = coding === 'gzip' ? gzipSync : deflateSync;
        const padded = (bytes: number): string =>
          JSON_TEXT + ' '.repeat(bytes - Buffer.byteLength(JSON_TEXT));
        await expectTaken(compress(padded(LIMIT)), { 'content-encoding': coding });
        const { status } = await expectRefused(
          [compress(padded(LIMIT + 1)), { 'content-encoding': coding }],
          'body_too_large',
          `Body too large: expected at most ${LIMIT} bytes after decompression`,
        );
        expect(status).toBe(413);
        await expectRefused(
          [new Uint8Array(LIMIT + 1), { 'content-encoding': coding }],
          'body_too_large',
          `Body too large: expected at most ${LIMIT} bytes`,
        );
      },
    );

    it('does not expand what would be gigabytes', async () => {
      // 32 kB of gzip that hold 32 MB; many members of it hold as much again.
      const bomb = gzipSync(Buffer.alloc(LIMIT * 1000), { level: 9 });
      expect(bomb.length).toBeLessThanOrEqual(LIMIT);
      const small = gzipSync(Buffer.alloc(1000));
      const members = Buffer.concat(Array.from({ length: 1000 }, () => small));
      for (const body of [bomb, members.subarray(0, LIMIT - (LIMIT % small.length))]) {
        const startedAt = performance.now();
        for (let i = 0; i < 50; i++) {
          await expectRefused(
            [body, { 'content-encoding': 'gzip' }],
            'body_too_large',
            /^Body too/,
          );
        }
        // Expanding one of them takes 15 ms and more.
        expect((performance.now() - startedAt) / 50).toBeLessThan(10);
      }
    });
  });

  describe('JSON in UTF-8', () => {
    it('may begin with a byte order mark, within a string too', async () => {
      await expectTaken(MARK + JSON_TEXT);
      await expectTaken(MARK + JSON.stringify(JSON_TEXT));
      await expectTaken(JSON.stringify(MARK + JSON_TEXT));
      await expectRefused(
        [MARK + MARK + JSON_TEXT],
        'invalid_json',
        'Bad request: the body is not valid JSON: expected a JSON value at byte offset 3 (line 1, column 1)',
      );
    });

    it.each(['', ' ', '\r\n\t ', MARK])('is missing in %j', async (body) => {
      for (const headers of [
        {},
        { 'transfer-encoding': 'chunked' },
        { 'content-encoding': 'gzip' },
      ]) {
        const compressed = 'content-encoding' in headers && body !== '' ? gzipSync(body) : body;
        const { status } = await expectRefused(
          [compressed, headers],
          'empty_body',
          'Bad request: the body is empty: expected a JSON object with the ten fields of a reading, or a JSON string that holds one',
        );
        expect(status).toBe(400);
      }
    });

    const notUtf8 = (...parts: readonly (string | readonly number[])[]): Buffer =>
      Buffer.concat(
        parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))),
      );
    it.each([
      ['a lone byte', notUtf8('{"a":"', [0xff], '"}'), 'byte offset 6 (line 1, column 7)'],
      ['windows-1251', notUtf8('{"a":\n"', [0xc0, 0xf1], '"}'), 'byte offset 7 (line 2, column 2)'],
      [
        'an overlong form',
        notUtf8('{"я":"', [0xc0, 0xaf], '"}'),
        'byte offset 7 (line 1, column 7)',
      ],
      [
        'a surrogate',
        notUtf8('{"a":"', [0xed, 0xa0, 0x80], '"}'),
        'byte offset 6 (line 1, column 7)',
      ],
      [
        'what begins like U+FFFD',
        notUtf8('"', [0xef, 0xbf], '"'),
        'byte offset 1 (line 1, column 2)',
      ],
      ['half of that', notUtf8('"', [0xef], '"'), 'byte offset 1 (line 1, column 2)'],
      [
        'a cut symbol at the end',
        notUtf8('{"a":"😀', [0xf0, 0x9f]),
        'byte offset 10 (line 1, column 8)',
      ],
      [
        'a code point that is none',
        notUtf8('"\ufffd', [0xf4, 0x90, 0x80, 0x80], '"'),
        'byte offset 4 (line 1, column 3)',
      ],
    ])('is not there with %s', async (_what, body, place) => {
      await expectRefused(
        [body],
        'invalid_utf8',
        `Bad request: the body is not UTF-8: expected UTF-8 at ${place}`,
      );
    });

    const utf16le = Buffer.from(JSON_TEXT, 'utf16le');
    const utf32le = Buffer.from(
      Uint32Array.from([...JSON_TEXT], (char) => char.codePointAt(0) ?? 0).buffer,
    );
    const ascii = Buffer.from('{"a":"b"}', 'utf16le');
    it.each([
      ['UTF-16 (little endian)', utf16le],
      ['UTF-16 (little endian)', Buffer.concat([Buffer.of(0xff, 0xfe), utf16le])],
      ['UTF-16 (little endian)', ascii],
      ['UTF-16 (big endian)', Buffer.from(utf16le).swap16()],
      [
        'UTF-16 (big endian)',
        Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from(utf16le).swap16()]),
      ],
      ['UTF-16 (big endian)', Buffer.from(ascii).swap16()],
      ['UTF-32 (little endian)', utf32le],
      ['UTF-32 (big endian)', Buffer.from(utf32le).swap32()],
      [
        'UTF-32 (big endian)',
        Buffer.concat([Buffer.of(0, 0, 0xfe, 0xff), Buffer.from(utf32le).swap32()]),
      ],
    ])('is told from %s', async (encoding, body) => {
      await expectRefused(
        [body],
        'invalid_utf8',
        `Bad request: the body is not UTF-8: expected UTF-8, got ${encoding}`,
      );
    });

    it.each([
      ['cut JSON', '{"a": 1', '"," or "}" at the end, byte offset 7 (line 1, column 8)'],
      [
        'a cut string',
        '{"a": "Ая',
        'a double quote that ends the string at the end, byte offset 11 (line 1, column 10)',
      ],
      ['two texts', '{}\n{}', 'the end after the JSON value at byte offset 3 (line 2, column 1)'],
      [
        'single quotes',
        "{'a':1}",
        'a name in double quotes or "}" at byte offset 1 (line 1, column 2)',
      ],
      [
        'a comma too many',
        '{"я":1,}',
        'a name in double quotes at byte offset 8 (line 1, column 8)',
      ],
      ['NaN', '{"a":NaN}', 'a JSON value at byte offset 5 (line 1, column 6)'],
      ['a comment', '{"a":1 // one\n}', '"," or "}" at byte offset 7 (line 1, column 8)'],
      [
        'a NUL',
        '{"a":"\0"}',
        'no control character within a string at byte offset 6 (line 1, column 7)',
      ],
      [
        'a line break in a string',
        '{"a":"\n"}',
        'no control character within a string at byte offset 6 (line 1, column 7)',
      ],
      [
        'a bad escape',
        '{"a":"\\x41"}',
        'an escape sequence of JSON at byte offset 6 (line 1, column 7)',
      ],
      ['a form', 'regno_recognize=A', 'a JSON value at byte offset 0 (line 1, column 1)'],
      [
        'a string that holds none',
        '"abc"',
        "a JSON value at byte offset 0 (line 1, column 1) of the string's text",
      ],
      [
        'a string that holds a cut one',
        JSON.stringify('{"я":\n1'),
        `"," or "}" at the end, byte offset 8 (line 2, column 2) of the string's text`,
      ],
    ])('is not there with %s, and the place is named', async (_what, body, expected) => {
      await expectRefused(
        [body],
        'invalid_json',
        `Bad request: the body is not valid JSON: expected ${expected}`,
      );
    });

    it.each([
      ['null', 'null'],
      ['true', 'a boolean'],
      ['17', 'a number'],
      ['[]', 'an array'],
      [JSON.stringify([EXAMPLE_READING]), 'an array'],
      ['"[]"', 'a string that holds an array'],
      ['"null"', 'a string that holds null'],
      [JSON.stringify(JSON.stringify(JSON_TEXT)), 'a string that holds a string'],
    ])('is an object, not %s', async (body, got) => {
      await expectRefused(
        [body],
        'not_an_object',
        `Bad request: the body is not a JSON object: expected a JSON object with the ten fields of a reading, or a JSON string that holds one, got ${got}`,
      );
    });

    it.each(['[', '{"a":', '[{"a":'])('may be nested without end: %j', async (open) => {
      const deep = open.repeat(Math.floor(LIMIT / open.length));
      await expectRefused([deep], 'invalid_json', /at the end, byte offset 327\d\d /);
      await expectRefused(
        [JSON.stringify(deep.slice(0, 15_000))],
        'invalid_json',
        /of the string's text$/,
      );
    });

    it('never says what was sent, wherever it breaks', async () => {
      const plate = 'С065МК78';
      const text = JSON.stringify({ ...EXAMPLE_READING, regno_recognize: plate, [plate]: plate });
      for (let cut = 1; cut < text.length; cut += 7) {
        for (const body of [text.slice(0, cut), `${text.slice(0, cut)}~${text.slice(cut)}`]) {
          const answer = await post(body);
          expect(answer.body).not.toMatch(/065|МК78/);
          expect([200, 400]).toContain(answer.status);
        }
      }
    });
  });

  it('leaves the service as well as it was', async () => {
    expect(service.process.text).not.toContain('worker died');
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    await expectTaken(JSON_TEXT);
  });
});
