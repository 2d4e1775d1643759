import type { Express } from 'express';
import supertest from 'supertest';
import { beforeAll, describe, expect, it } from 'vitest';
import { READING_FIELDS } from '../../app/plates/reading-fields.js';
import { EXAMPLE_DECISION, EXAMPLE_READING } from '../../app/routes/examples.js';
import { makeReadings, type WireReading } from '../testing/readings.js';
import { API_KEY, startService } from '../testing/start-service.js';
import { createTestApp } from '../testing/test-app.js';
import { expectedAnswers, shippedModel } from '../testing/test-model.js';

const READING = EXAMPLE_READING as WireReading;
const NAMES = READING_FIELDS.map((field) => field.name);

const targets: readonly (readonly [string, () => Promise<Express | string>])[] = [
  ['the application', async () => (await createTestApp()).app],
  ['the service', async () => (await startService()).url],
];

describe.each(targets)('POST /reg/ of %s', (_name, open) => {
  let target: Express | string;
  let trueAnswer: string;

  beforeAll(async () => {
    target = await open();
    [trueAnswer = ''] = await expectedAnswers([READING]);
  });

  function post(body: unknown, path = '/reg/') {
    return supertest(target)
      .post(path)
      .set('x-api-key', API_KEY)
      .set('content-type', 'application/json')
      .serialize((value: unknown) => value as string)
      .send(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  }

  async function expectFaults(body: unknown, fields: readonly string[]): Promise<void> {
    const answer = await post(body);
    const said = answer.text;
    expect(answer.status, said).toBe(400);
    expect(Object.keys(answer.body as object)).toEqual(['body', 'status']);
    const { body: text, status } = answer.body as { body: string; status: string };
    expect(status).toBe('fail');
    expect(text.startsWith('Bad request: ')).toBe(true);
    expect(answer.headers['x-error-code']).toBe('invalid_fields');
    const named = text
      .slice('Bad request: '.length)
      .split('; ')
      .map((fault) => fault.slice(0, fault.indexOf(':')));
    expect(named).toEqual(fields);
  }

  it.each(['/reg/', '/reg', '/reg/?a=1'])('answers on %s with the exact envelope', async (path) => {
    const answer = await post(READING, path);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(trueAnswer);
    expect(answer.text).toMatch(
      /^\{"body":\{"negative":[\d.e-]+,"positive":[\d.e-]+\},"status":"ok"\}$/,
    );
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['etag']).toBeUndefined();
  });

  it('answers the documented example as documented', async () => {
    const answer = await post(READING);
    expect(answer.body).toEqual({ body: EXAMPLE_DECISION, status: 'ok' });
  });

  it('answers every generated reading as the model scores it alone', async () => {
    const readings = makeReadings(40, 11);
    const expected = await expectedAnswers(readings);
    for (const [i, reading] of readings.entries()) {
      const answer = await post(reading);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.text).toBe(expected[i]);
    }
  });

  it('says which model answered and whether a cache did', async () => {
    const { identity } = await shippedModel();
    const fresh = { ...READING, recognition_accuracy: 12.345 + _name.length };
    const first = await post(fresh);
    expect(first.headers).toMatchObject({
      'x-model-name': identity.name,
      'x-model-version': identity.version,
      'x-model-digest': identity.digest,
      'x-cache': 'miss',
      'x-answer-source': 'model',
    });
    // Each worker of the service has a memory of its own.
    const sources = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const again = await post(fresh);
      expect(again.text).toBe(first.text);
      sources.add(`${again.headers['x-cache']} ${again.headers['x-answer-source']}`);
    }
    expect(sources).toContain('hit memory');
    expect([...sources].filter((one) => one !== 'hit memory' && one !== 'miss model')).toEqual([]);
  });

  describe('authentication', () => {
    const refused = '{"body":"Unauthorized","status":"fail"}';
    it.each([
      ['no key', {}],
      ['an empty key', { 'x-api-key': '' }],
      ['a wrong key', { 'x-api-key': '123322' }],
      ['a prefix of the key', { 'x-api-key': API_KEY.slice(0, -1) }],
      ['the key and more', { 'x-api-key': `${API_KEY}0` }],
      ['the key twice in one header', { 'x-api-key': `${API_KEY}, ${API_KEY}` }],
      ['a key of 8 kB', { 'x-api-key': 'k'.repeat(8192) }],
      ['a key of other letters', { 'x-api-key': Buffer.from('ключ').toString('latin1') }],
      ['the key as a bearer token', { authorization: `Bearer ${API_KEY}` }],
      ['the key as a password', { authorization: `Basic ${btoa(`u:${API_KEY}`)}` }],
    ])('refuses %s', async (_what, headers) => {
      const answer = await supertest(target).post('/reg/').set(headers).send(READING);
      expect(answer.status).toBe(401);
      expect(answer.text).toBe(refused);
      expect(answer.headers['x-error-code']).toBe('unauthorized');
      // RFC 9110, 11.6.1; a browser asks nobody for a scheme that it does not know.
      expect(answer.headers['www-authenticate']).toBe('ApiKey realm="regno"');
    });

    it('takes the key whatever the case of the header name', async () => {
      const answer = await supertest(target).post('/reg/').set('X-API-Key', API_KEY).send(READING);
      expect(answer.status).toBe(200);
    });
  });

  describe("forms of a body that today's clients send", () => {
    const asNumbers = {
      ...READING,
      recognition_accuracy: 6.4,
      afts_regno_ai_score: 0.5,
      direction: 1,
      afts_regno_ai_char_scores: [0.5, 1, 0.25],
      afts_regno_ai_length_scores: [0.5, 0.125],
    };
    const same: readonly (readonly [string, unknown])[] = [
      [
        'numbers as text',
        { ...asNumbers, recognition_accuracy: '6.4', afts_regno_ai_score: '0.5', direction: '1' },
      ],
      [
        'numbers as text with a sign, an exponent, spaces',
        {
          ...asNumbers,
          recognition_accuracy: ' +64e-1 ',
          afts_regno_ai_score: '.5',
          direction: '1.',
        },
      ],
      [
        'lists as text',
        {
          ...asNumbers,
          afts_regno_ai_char_scores: '[0.5, 1.0, 0.25]',
          afts_regno_ai_length_scores: ' [0.5,0.125] ',
        },
      ],
      [
        'lists with numbers as text',
        { ...asNumbers, afts_regno_ai_char_scores: ['0.5', '1', 0.25] },
      ],
      [
        'unknown fields besides',
        { ...asNumbers, extra: { a: [1, null] }, time: 5, constructor: null, toString: 1 },
      ],
      ['fields in another order', Object.fromEntries(Object.entries(asNumbers).reverse())],
      ['the JSON as a string', JSON.stringify(JSON.stringify(asNumbers))],
      ['white space around', ` \r\n\t${JSON.stringify(asNumbers, null, 4)}\n`],
      ['everything escaped', escapeAll(JSON.stringify(asNumbers))],
      [
        'a __proto__ that is ignored',
        JSON.stringify(asNumbers).replace('{', '{"__proto__":{"direction":"x"},'),
      ],
      [
        'a duplicate key: the last counts',
        JSON.stringify(asNumbers).replace('{', '{"direction":"left",'),
      ],
    ];

    it.each(same)('takes %s for the same reading', async (_what, body) => {
      const [expected] = await expectedAnswers([asNumbers]);
      const answer = await post(body);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.text).toBe(expected);
    });

    it.each(['[]', '[ ]', []])('takes an empty list %j for [0]', async (list) => {
      const empty = {
        ...READING,
        afts_regno_ai_char_scores: list,
        afts_regno_ai_length_scores: list,
      };
      const zero = {
        ...READING,
        afts_regno_ai_char_scores: [0],
        afts_regno_ai_length_scores: '[0]',
      };
      const [expected] = await expectedAnswers([zero]);
      expect((await post(empty)).text).toBe(expected);
    });

    it('counts characters, not UTF-16 units, of the longest texts', async () => {
      const long = { ...READING, regno_recognize: '😀'.repeat(256), camera_class: 'я'.repeat(256) };
      const [expected] = await expectedAnswers([long]);
      expect((await post(long)).text).toBe(expected);
    });

    it('takes empty texts, astral symbols and control characters as they are', async () => {
      const odd = {
        ...READING,
        regno_recognize: '',
        afts_regno_ai: '😀\u0000А\n',
        camera_type: '𝟙',
        camera_class: '',
      };
      const [expected] = await expectedAnswers([odd]);
      expect((await post(odd)).text).toBe(expected);
    });
  });

  describe('bodies that are refused', () => {
    it('names all ten fields at once where all are missing', async () => {
      await expectFaults({}, NAMES);
      await expectFaults(JSON.stringify('{}'), NAMES);
      await expectFaults(Object.fromEntries(NAMES.map((name) => [name, null])), NAMES);
    });

    it('does not take inherited properties for fields', async () => {
      await expectFaults(`{"__proto__":${JSON.stringify(READING)}}`, NAMES);
    });

    it('names several faulty fields at once, and only those', async () => {
      const faulty = {
        ...READING,
        regno_recognize: 5,
        time_check: '2024-02-30 00:00:00',
        direction: true,
      };
      await expectFaults(faulty, ['regno_recognize', 'time_check', 'direction']);
    });

    const nest = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    const perKind: Record<string, readonly unknown[]> = {
      text: [
        0,
        1.5,
        true,
        [],
        {},
        null,
        ['А'],
        'x'.repeat(257),
        '😀'.repeat(257),
        '\ud800',
        'А\udc00',
        '\udc00\ud800',
      ],
      number: [
        '',
        ' ',
        'abc',
        'NaN',
        'nan',
        'Infinity',
        '-inf',
        '1e999',
        '0x10',
        '1_000',
        '١',
        '1,5',
        '1 2',
        true,
        [],
        [1],
        {},
        null,
        '9'.repeat(257),
      ],
      'number-list': [
        '',
        'abc',
        '[',
        '[1',
        '1',
        1,
        '{}',
        {},
        true,
        null,
        '[[1]]',
        [[1]],
        ['x'],
        [null],
        [true],
        '[NaN]',
        '[1e999]',
        '[1,,2]',
        Array.from({ length: 257 }, () => 0),
        JSON.stringify(Array.from({ length: 257 }, () => 0)),
        `[${' '.repeat(16_384)}]`,
        nest(2000),
      ],
      time: [
        '',
        'now',
        '2024-06-14',
        '2024-06-14T08:30:15',
        '2024-13-01 00:00:00',
        '2024-02-30 00:00:00',
        '2023-02-29 00:00:00',
        '2024-06-14 24:00:00',
        '2024-06-14 08:60:00',
        '2024-06-14 08:30:60',
        ' 2024-06-14 08:30:15',
        '2024-06-14 08:30:15Z',
        '٢٠٢٤-06-14 08:30:15',
        1718353815,
        null,
        {},
        [],
      ],
    };
    for (const { name, kind } of READING_FIELDS) {
      it(`names ${name} for every value that is not its ${kind}`, async () => {
        for (const value of perKind[kind] ?? [])
          await expectFaults({ ...READING, [name]: value }, [name]);
        const others = Object.entries(READING).filter(([field]) => field !== name);
        await expectFaults(Object.fromEntries(others), [name]);
      });
    }

    it('refuses numbers in JSON that overflow', async () => {
      const body = JSON.stringify({ ...READING, direction: 0 }).replace(
        '"direction":0',
        '"direction":1e400',
      );
      await expectFaults(body, ['direction']);
    });

    it('never repeats a value', async () => {
      const secret = 'А777АА77-secret';
      const answer = await post({ ...READING, direction: secret, time_check: secret });
      expect(answer.text).not.toContain('secret');
    });

    it('refuses the body over 32 kB and takes the one just under', async () => {
      const body = JSON.stringify(READING);
      const padded = (bytes: number): string => body + ' '.repeat(bytes - Buffer.byteLength(body));
      expect((await post(padded(32_768))).status).toBe(200);
      const answer = await post(padded(32_769));
      expect(answer.status).toBe(413);
      expect(answer.text).toBe(
        '{"body":"Body too large: expected at most 32768 bytes","status":"fail"}',
      );
    });
  });

  describe('request ids', () => {
    it.each(['a', 'job-7:42', 'A/b=c+d@e.f_g', 'x'.repeat(64)])('gives back %s', async (id) => {
      expect((await post(READING).set('x-request-id', id)).headers['x-request-id']).toBe(id);
    });

    it.each(['', 'x'.repeat(65), 'a b', 'a;b', '<script>', 'a"b', 'a,b', 'ключ'.repeat(2)])(
      'makes one of its own for %j',
      async (id) => {
        const given = Buffer.from(id).toString('latin1');
        const answer = await post(READING).set('x-request-id', given);
        const made = answer.headers['x-request-id'];
        expect(made).not.toBe(given);
        expect(made).toMatch(/^[\w.:@/+=-]{8,64}$/);
      },
    );

    it('puts one on every kind of answer, a new one each time', async () => {
      const seen = new Set<string | undefined>();
      for (const ask of [
        () => post(READING),
        () => post('{'),
        () => supertest(target).get('/health/live'),
        () => supertest(target).get('/health/ready'),
        () => supertest(target).get('/metrics'),
        () => supertest(target).get('/nothing'),
        () => supertest(target).put('/reg/').set('x-api-key', API_KEY),
        () => supertest(target).get('/docs').set('x-api-key', API_KEY),
        () => supertest(target).get('/openapi.json').set('x-api-key', API_KEY),
      ]) {
        const id = (await ask()).headers['x-request-id'];
        expect(id).toMatch(/^[\w.:@/+=-]{8,64}$/);
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
    });
  });
});

/** Every symbol of a JSON text's strings as \uXXXX. */
function escapeAll(json: string): string {
  return json.replaceAll(/"([^"\\]*)"/g, (_all, text: string) => {
    const units = [...text].flatMap((symbol) => symbol.split(''));
    return `"${units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
  });
}
