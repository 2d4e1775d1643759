import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseReading } from './parse-reading.js';
import { READING_FIELDS } from './reading-fields.js';
import type { Reading } from './reading.js';

type Body = Record<string, unknown>;

const NAMES: readonly string[] = READING_FIELDS.map((field) => field.name);

const EXAMPLE: Body = Object.fromEntries(
  READING_FIELDS.map(({ name, example }) => [name, example]),
);

const EXAMPLE_READING: Reading = {
  regnoRecognize: 'А123ВС77',
  aftsRegnoAi: 'А123ВС777',
  recognitionAccuracy: 82.5,
  aftsRegnoAiScore: 0.973,
  charScores: [0.9998, 0.9999, 0.9997, 0.9999, 0.9986, 0.9998, 1.0, 0.9991, 0.9741],
  lengthScores: [1.2e-9, 1.2e-9, 1.3e-9, 1.2e-9, 1.2e-9, 1.3e-9, 1.2e-9, 4.4e-8, 9.1e-5, 0.9999],
  cameraType: 'Стационарная',
  cameraClass: 'Астра-Трафик',
  time: { year: 2024, month: 6, day: 14, hour: 8, minute: 30, second: 15 },
  direction: 1,
};

function faultyFields(body: unknown): readonly string[] {
  const parsed = parseReading(body);
  return parsed.ok ? [] : parsed.faults.map((fault) => fault.field);
}

function withoutField(name: string): Body {
  return Object.fromEntries(Object.entries(EXAMPLE).filter(([key]) => key !== name));
}

describe('parseReading', () => {
  it('takes the examples of the table', () => {
    expect(parseReading(EXAMPLE)).toEqual({ ok: true, reading: EXAMPLE_READING, warnings: 0 });
  });

  it('takes fields by name, in any order, and ignores others', () => {
    const body = { extra: 1, ...Object.fromEntries(Object.entries(EXAMPLE).reverse()), more: null };
    expect(parseReading(body)).toEqual({ ok: true, reading: EXAMPLE_READING, warnings: 0 });
  });

  it('takes a body that is a JSON string of the JSON, once and not twice', () => {
    const once = JSON.stringify(EXAMPLE);
    expect(parseReading(once)).toEqual({ ok: true, reading: EXAMPLE_READING, warnings: 0 });
    expect(faultyFields(JSON.stringify(once))).toEqual(['body']);
  });

  it('takes numbers as text and lists as arrays', () => {
    const parsed = parseReading({
      ...EXAMPLE,
      recognition_accuracy: '82.5',
      direction: '1',
      afts_regno_ai_char_scores: EXAMPLE_READING.charScores,
      afts_regno_ai_length_scores: EXAMPLE_READING.lengthScores.map(String),
    });
    expect(parsed).toEqual({ ok: true, reading: EXAMPLE_READING, warnings: 0 });
  });

  it.each(['[]', []])('counts %j as [0]', (list) => {
    const parsed = parseReading({
      ...EXAMPLE,
      afts_regno_ai_char_scores: list,
      afts_regno_ai_length_scores: list,
    });
    expect(parsed).toMatchObject({ ok: true, reading: { charScores: [0], lengthScores: [0] } });
  });

  it('takes empty strings, spaces and symbols outside the BMP as they are', () => {
    const plates = { regno_recognize: '', afts_regno_ai: ' А😀 ', camera_class: '\u0000' };
    expect(parseReading({ ...EXAMPLE, ...plates })).toMatchObject({
      ok: true,
      reading: { regnoRecognize: '', aftsRegnoAi: ' А😀 ', cameraClass: '\u0000' },
    });
  });

  it.each<unknown>([undefined, null, 1, true, '', 'text', '[]', '1', 'null', [], [EXAMPLE], '{'])(
    'reports one fault of a body that is %j',
    (body) => {
      expect(faultyFields(body)).toEqual(['body']);
    },
  );

  it.each<readonly [unknown, string, RegExp]>([
    [null, 'not_an_object', /, got null$/],
    [[EXAMPLE], 'not_an_object', /, got an array$/],
    [7, 'not_an_object', /, got a number$/],
    ['"{}"', 'not_an_object', /, got a string that holds a string$/],
    ['{"a":', 'invalid_json', /^a JSON value at the end, byte offset 5 .* of the string's text$/],
    [{}, 'invalid_fields', /^a string of at most 256 characters/],
  ])('says why %j is no reading', (body, reason, expected) => {
    const parsed = parseReading(body);
    expect(parsed).toMatchObject({ ok: false, reason });
    expect(parsed.ok ? '' : parsed.faults[0]?.expected).toMatch(expected);
  });

  it('ignores a byte order mark within a string body', () => {
    const text = `\ufeff${JSON.stringify(EXAMPLE)}`;
    expect(parseReading(text)).toEqual({ ok: true, reading: EXAMPLE_READING, warnings: 0 });
    expect(faultyFields(`\ufeff${text}`)).toEqual(['body']);
  });

  it('counts characters, not UTF-16 units', () => {
    const long = (chars: number): unknown => ({ ...EXAMPLE, camera_type: '😀'.repeat(chars) });
    expect(faultyFields(long(256))).toEqual([]);
    expect(faultyFields(long(257))).toEqual(['camera_type']);
  });

  it('names every faulty field at once, in the order of the table', () => {
    expect(faultyFields({})).toEqual(NAMES);
    expect(faultyFields(Object.fromEntries(NAMES.map((name) => [name, null])))).toEqual(NAMES);
    expect(faultyFields(Object.fromEntries(NAMES.map((name) => [name, true])))).toEqual(NAMES);
    expect(faultyFields(Object.fromEntries(NAMES.map((name) => [name, {}])))).toEqual(NAMES);
    expect(faultyFields({ ...EXAMPLE, direction: 'left', regno_recognize: 7 })).toEqual([
      'regno_recognize',
      'direction',
    ]);
  });

  it.each(NAMES)('says that %s is missing where it is absent or null', (name) => {
    for (const body of [withoutField(name), { ...EXAMPLE, [name]: null }]) {
      const parsed = parseReading(body);
      expect(parsed.ok ? [] : parsed.faults).toEqual([
        { field: name, expected: expect.stringMatching(/missing or null/) as string },
      ]);
    }
  });

  it('reads own properties only', () => {
    expect(faultyFields(Object.create(EXAMPLE))).toEqual(NAMES);
    expect(faultyFields(JSON.parse(`{"__proto__": ${JSON.stringify(EXAMPLE)}}`))).toEqual(NAMES);
  });

  it.each<readonly [string, unknown]>([
    ['regno_recognize', 'А\ud83d'],
    ['afts_regno_ai', '\ude00А'],
    ['camera_type', '\ude00\ud83d'],
    ['camera_class', 'x'.repeat(257)],
    ['regno_recognize', ['А123ВС77']],
    ['recognition_accuracy', '1e400'],
    ['recognition_accuracy', 'nan'],
    ['recognition_accuracy', JSON.parse('1e400')],
    ['afts_regno_ai_score', Number.NaN],
    ['afts_regno_ai_score', ''],
    ['direction', '0x1'],
    ['direction', false],
    ['direction', [1]],
    ['afts_regno_ai_char_scores', '[NaN]'],
    ['afts_regno_ai_char_scores', new Array(257).fill(0.5)],
    ['afts_regno_ai_char_scores', `[${new Array(257).fill(0.5).join()}]`],
    ['afts_regno_ai_length_scores', `[${' '.repeat(16_384)}]`],
    ['afts_regno_ai_length_scores', 0.5],
    ['time_check', '2023-02-29 00:00:00'],
    ['time_check', 1_700_000_000],
  ])('refuses %s where it is %j', (name, value) => {
    expect(faultyFields({ ...EXAMPLE, [name]: value })).toEqual([name]);
  });

  it('takes strings and lists at their limits', () => {
    const body = {
      ...EXAMPLE,
      regno_recognize: '8'.repeat(256),
      afts_regno_ai_char_scores: new Array(256).fill(0.5),
      afts_regno_ai_length_scores: `[${new Array(256).fill(0.5).join()}]`,
    };
    expect(faultyFields(body)).toEqual([]);
  });

  it('repeats no value in its faults', () => {
    const secret = 'С065МК78';
    const body = Object.fromEntries(NAMES.map((name) => [name, { [secret]: [secret] }]));
    expect(JSON.stringify(parseReading(body))).not.toContain(secret);
    expect(JSON.stringify(parseReading({ ...EXAMPLE, direction: secret }))).not.toContain(secret);
  });

  it('answers any JSON value, and a reading only with everything typed and finite', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(EXAMPLE)));
    const body = fc.record(Object.fromEntries(NAMES.map((name) => [name, value])), {
      requiredKeys: [],
    });
    const mostlyRight = body.map((some) => ({ ...EXAMPLE, ...some }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), body, mostlyRight), (any) => {
        const parsed = parseReading(any);
        if (!parsed.ok) {
          expect(parsed.faults.length).toBeGreaterThan(0);
          return;
        }
        const { charScores, lengthScores, direction } = parsed.reading;
        expect([...charScores, ...lengthScores, direction].every(Number.isFinite)).toBe(true);
        expect(charScores.length * lengthScores.length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('READING_FIELDS', () => {
  it('has ten fields of different names, each with words for documents', () => {
    expect(new Set(NAMES).size).toBe(10);
    for (const field of READING_FIELDS) {
      expect(field.description).toMatch(/\.$/);
      expect(field.expected).not.toBe('');
    }
  });
});
