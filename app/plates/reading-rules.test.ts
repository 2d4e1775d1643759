import { describe, expect, it } from 'vitest';
import { parseReading } from './parse-reading.js';
import { READING_FIELDS } from './reading-fields.js';
import { createReadingRules, LENIENT_RULES, type ReadingSettings } from './reading-rules.js';
import { READING_WARNINGS, warningsIn, type ReadingWarning } from './reading-warnings.js';

type Body = Record<string, unknown>;

const EXAMPLE: Body = Object.fromEntries(
  READING_FIELDS.map(({ name, example }) => [name, example]),
);

function rulesWith(settings: Partial<ReadingSettings>) {
  return createReadingRules({ strict: true, normalise: [], timeZone: undefined, ...settings });
}

function faultsOf(changes: Body): readonly string[] {
  const parsed = parseReading({ ...EXAMPLE, ...changes });
  return parsed.ok ? [] : parsed.faults.map(({ field }) => field);
}

/** Warnings that a case of this file was given. */
const given = new Set<ReadingWarning>();

function warningsOf(changes: Body, rules = rulesWith({})): readonly string[] {
  const parsed = parseReading({ ...EXAMPLE, ...changes }, rules);
  if (!parsed.ok) return ['refused'];
  const warnings = warningsIn(parsed.warnings);
  for (const warning of warnings) given.add(warning);
  return warnings;
}

function lenientWarningsOf(changes: Body): readonly string[] {
  return warningsOf(changes, LENIENT_RULES);
}

describe('values that no sound client can mean', () => {
  it.each([97.3, -1, 1e308, -1e308, 1.0000001, -1e-300, '97.3', '-0.1', '1e2'])(
    'refuse a score of the network of %j, or are taken with a warning',
    (score) => {
      expect(faultsOf({ afts_regno_ai_score: score })).toEqual(['afts_regno_ai_score']);
      expect(lenientWarningsOf({ afts_regno_ai_score: score })).toEqual(['score_range']);
    },
  );

  it.each([0, -0, 1, '1', '1.0', '.5', 1e-320, 5e-324])('do not include a score of %j', (score) => {
    expect(faultsOf({ afts_regno_ai_score: score })).toEqual([]);
    expect(lenientWarningsOf({ afts_regno_ai_score: score })).toEqual([]);
  });

  it.each([
    '[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 1.5]',
    [0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, -0.5],
    ['0.9', 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, '97.3'],
  ])('refuse lists such as %j, or are taken with a warning', (list) => {
    const changes = { afts_regno_ai_char_scores: list, afts_regno_ai_length_scores: list };
    expect(faultsOf(changes)).toEqual(Object.keys(changes));
    expect(lenientWarningsOf(changes)).toEqual(['symbol_score_range', 'length_score_range']);
  });

  it.each(['[0,9, 0,8]', '[1,0, 1,0]', '[1,0 , 0,1 ]', '[0,0, 0,1, 1,0]', ' [ 0,99,  0,5e-1 , ] '])(
    'refuse decimal commas: %s',
    (list) => {
      const changes = { afts_regno_ai_char_scores: list };
      expect(faultsOf(changes)).toEqual(['afts_regno_ai_char_scores']);
      expect(faultsOf({ afts_regno_ai_length_scores: list })).toEqual([
        'afts_regno_ai_length_scores',
      ]);
    },
  );

  it('are reported in no time, however long the list', () => {
    const startedAt = performance.now();
    for (const part of [' ', '9', ' ,', ', 0,9', '0,9, ', '[ ', 'e9']) {
      const list = `[0,9, 0,8${part.repeat(16_000 / part.length)}`;
      expect(faultsOf({ afts_regno_ai_char_scores: list.slice(0, 16_384) })).toHaveLength(1);
    }
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('report decimal commas that read as numbers from 0 to 1', () => {
    const changes = { afts_regno_ai_length_scores: '[1,0, 1,0]' };
    expect(lenientWarningsOf(changes)).toEqual(['decimal_comma']);
  });

  it.each(['[1,0]', '[1,0,1,0]', '[1, 0, 1, 0]', '[0.9,0.8]', '[0.9, 0.8]', '[1,0.5, 1,0.5]'])(
    'do not include the list %s',
    (list) => expect(faultsOf({ afts_regno_ai_length_scores: list })).toEqual([]),
  );

  it('name every field and what it should be', () => {
    const parsed = parseReading({
      ...EXAMPLE,
      afts_regno_ai_score: 97.3,
      afts_regno_ai_char_scores: '[0,9, 0,8]',
    });
    expect(parsed.ok ? [] : parsed.faults).toEqual([
      { field: 'afts_regno_ai_score', expected: expect.stringContaining('from 0 to 1') as string },
      {
        field: 'afts_regno_ai_char_scores',
        expected: expect.stringContaining('decimal points') as string,
      },
    ]);
  });
});

describe('values that are answered as they always were', () => {
  it.each<readonly [Body, string]>([
    [{ direction: 2 }, 'direction_code'],
    [{ direction: 0.5 }, 'direction_code'],
    [{ direction: -1 }, 'direction_code'],
    [{ recognition_accuracy: -1 }, 'accuracy_range'],
    [{ recognition_accuracy: 100.5 }, 'accuracy_range'],
    [{ recognition_accuracy: 1e308 }, 'accuracy_range'],
    [{ afts_regno_ai_char_scores: '[0.1, 0.2, 1, 1, 1, 1, 1, 1, 1, 1, 1]' }, 'symbol_score_count'],
    [{ afts_regno_ai_char_scores: [0.5] }, 'symbol_score_count'],
    [{ afts_regno_ai_char_scores: '[]' }, 'symbol_score_count'],
    [{ afts_regno_ai: '😀', afts_regno_ai_char_scores: [0.5, 0.5] }, 'symbol_score_count'],
    [{ afts_regno_ai: '', afts_regno_ai_char_scores: [0] }, 'symbol_score_count'],
    [{ regno_recognize: ' А123ВС77' }, 'plate_blanks'],
    [{ regno_recognize: 'А123ВС77\t' }, 'plate_blanks'],
    [{ regno_recognize: 'А 123 ВС 77' }, 'plate_blanks'],
    [{ regno_recognize: 'А123ВС77\u00a0' }, 'plate_blanks'],
    [{ regno_recognize: 'А123\u200bВС77' }, 'plate_blanks'],
    [{ regno_recognize: 'А123ВС77\ufeff' }, 'plate_blanks'],
    [{ regno_recognize: 'А123ВС77\u0000' }, 'plate_blanks'],
    [{ afts_regno_ai: 'а123вс777' }, 'plate_lower_case'],
    [{ regno_recognize: 'А123вС77' }, 'plate_lower_case'],
    [{ regno_recognize: 'A123BC77' }, 'plate_lookalikes'],
    [{ regno_recognize: 'А123BС77' }, 'plate_lookalikes'],
    [{ regno_recognize: 'A_23BC77' }, 'plate_lookalikes'],
    [{ afts_regno_ai: 'Α123ΒС777' }, 'plate_lookalikes'],
    [{ regno_recognize: 'Р207ОMF93' }, 'plate_lookalikes'],
  ])('have a warning: %j', (changes, warning) => {
    expect(warningsOf(changes)).toEqual([warning]);
    expect(lenientWarningsOf(changes)).toEqual([warning]);
  });

  it.each<Body>([
    {},
    { direction: 0, recognition_accuracy: 0 },
    { direction: '1', recognition_accuracy: '100' },
    { afts_regno_ai: '', afts_regno_ai_char_scores: '[]' },
    { afts_regno_ai: '😀', afts_regno_ai_char_scores: [0.5] },
    { regno_recognize: '134CD461' },
    { regno_recognize: 'TУН278120' },
    { regno_recognize: '134D46177' },
    { regno_recognize: 'FIN123' },
    { regno_recognize: 'А_23ВС7' },
    { regno_recognize: 'Ё😀中#' },
    { regno_recognize: '' },
  ])('have none: %j', (changes) => expect(warningsOf(changes)).toEqual([]));

  it('report several at once, in the order of the list', () => {
    expect(warningsOf({ regno_recognize: ' a123bc77 ', direction: 7 })).toEqual([
      'direction_code',
      'plate_blanks',
      'plate_lower_case',
      'plate_lookalikes',
    ]);
  });
});

describe('normalised plates', () => {
  function platesOf(changes: Body, normalise: ReadingSettings['normalise']) {
    const parsed = parseReading({ ...EXAMPLE, ...changes }, rulesWith({ normalise }));
    if (!parsed.ok) throw new Error('a reading was expected');
    const { regnoRecognize, aftsRegnoAi } = parsed.reading;
    return { regnoRecognize, aftsRegnoAi, warnings: warningsIn(parsed.warnings) };
  }

  it.each([
    ['А123ВС77 ', 'А123ВС77'],
    ['\u200b\tА123ВС77\u00a0\u0000', 'А123ВС77'],
    ['а123вс77', 'А123ВС77'],
    ['A123BC77', 'А123ВС77'],
    ['Α123ΒС77', 'А123ВС77'],
    [' a123bс77\n', 'А123ВС77'],
    ['А 123 ВС 77', 'А 123 ВС 77'],
    ['134cd461 ', '134CD461'],
    ['134CD461', '134CD461'],
    ['TУН278120', 'TУН278120'],
    ['FIN123', 'FIN123'],
    ['ß😀', 'SS😀'],
    ['', ''],
  ])('%j becomes %j, and the warning stays', (plate, expected) => {
    const all = ['lookalikes', 'upper', 'trim'] as const;
    const asReceived = warningsOf({ regno_recognize: plate });
    expect(platesOf({ regno_recognize: plate }, all)).toEqual({
      regnoRecognize: expected,
      aftsRegnoAi: 'А123ВС777',
      warnings: asReceived,
    });
  });

  it('each step does its own part alone', () => {
    const changes = { regno_recognize: ' a123вс77' };
    expect(platesOf(changes, ['trim']).regnoRecognize).toBe('a123вс77');
    expect(platesOf(changes, ['upper']).regnoRecognize).toBe(' A123ВС77');
    expect(platesOf(changes, ['lookalikes']).regnoRecognize).toBe(' а123вс77');
    expect(platesOf(changes, []).regnoRecognize).toBe(' a123вс77');
  });

  it("counts scores by the symbols that are left of the network's plate", () => {
    const changes = { afts_regno_ai: ' А123ВС777 ' };
    expect(warningsOf(changes)).toEqual(['symbol_score_count', 'plate_blanks']);
    expect(platesOf(changes, ['trim'])).toMatchObject({
      aftsRegnoAi: 'А123ВС777',
      warnings: ['plate_blanks'],
    });
  });
});

describe('times of ISO 8601', () => {
  const moscow = rulesWith({ timeZone: 'Europe/Moscow' });

  function timeOf(text: string, rules = moscow): string {
    const parsed = parseReading({ ...EXAMPLE, time_check: text }, rules);
    if (!parsed.ok) return 'refused';
    const { year, month, day, hour, minute, second } = parsed.reading.time;
    return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  }

  it.each([
    ['2024-06-14 08:30:15', '2024-6-14 8:30:15'],
    ['2024-6-4 8:3:1', '2024-6-4 8:3:1'],
    ['2024-06-14T08:30:15', '2024-6-14 8:30:15'],
    ['2024-06-14T08:30:15.123456', '2024-6-14 8:30:15'],
    ['2024-06-14 08:30:15,5', '2024-6-14 8:30:15'],
    ['2024-06-14T08:30', '2024-6-14 8:30:0'],
    ['2024-06-14T05:30:15Z', '2024-6-14 8:30:15'],
    ['2024-06-14t05:30:15.9z', '2024-6-14 8:30:15'],
    ['2024-06-14T08:30:15+03:00', '2024-6-14 8:30:15'],
    ['2024-06-14 08:30:15+03', '2024-6-14 8:30:15'],
    ['2024-06-14T00:30:15-0500', '2024-6-14 8:30:15'],
    ['2024-06-14T11:00:15+05:30', '2024-6-14 8:30:15'],
    ['2024-12-31T22:00:00Z', '2025-1-1 1:0:0'],
    ['2013-06-14T05:30:15Z', '2013-6-14 9:30:15'],
    ['2024-02-29T23:59:59.999Z', '2024-3-1 2:59:59'],
  ])('%s is the local time %s', (text, expected) => expect(timeOf(text)).toBe(expected));

  it.each([
    '2024-06-14T24:00:00Z',
    '2024-06-14T23:59:60Z',
    '2023-02-29T00:00:00Z',
    '2024-06-14T08:30:15+24:00',
    '2024-06-14T08:30:15+03:60',
    '2024-06-14T08:30:15.Z',
    '2024-06-14T08:30:15 Z',
    '2024-06-14T8:30:15Z',
    '2024-06-14Z',
    '20240614T083015Z',
    '0001-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59Z',
    '2024-06-14T08:30:15Z\n',
    `2024-06-14T08:30:15.${'1'.repeat(60)}Z`,
  ])('%j is refused', (text) => expect(timeOf(text)).toBe('refused'));

  it.each(['2024-06-14T08:30:15', '2024-06-14T08:30:15Z', '2024-06-14 08:30:15.5'])(
    '%s is refused where no zone says what local time is',
    (text) => expect(timeOf(text, rulesWith({}))).toBe('refused'),
  );

  it('follows daylight saving time', () => {
    const berlin = rulesWith({ timeZone: 'Europe/Berlin' });
    expect(timeOf('2024-03-31T00:59:59Z', berlin)).toBe('2024-3-31 1:59:59');
    expect(timeOf('2024-03-31T01:00:00Z', berlin)).toBe('2024-3-31 3:0:0');
    expect(timeOf('2024-10-27T00:30:00Z', berlin)).toBe('2024-10-27 2:30:0');
    expect(timeOf('2024-10-27T01:30:00Z', berlin)).toBe('2024-10-27 2:30:0');
  });

  it('is what Intl says, over a century and zones of all kinds', () => {
    for (const timeZone of ['America/New_York', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC']) {
      const rules = rulesWith({ timeZone });
      const format = new Intl.DateTimeFormat('sv-SE', {
        timeZone,
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      for (let at = Date.UTC(1972, 0); at < Date.UTC(2072, 0); at += 86_400_000 * 97 + 12_345_000) {
        const iso = new Date(at).toISOString();
        const local = timeOf(format.format(at), rulesWith({}));
        expect(`${iso} ${timeOf(iso, rules)}`).toBe(`${iso} ${local}`);
      }
    }
  });

  it('says that ISO 8601 is accepted only where it is', () => {
    const expectedOf = (rules = rulesWith({})) => {
      const parsed = parseReading({ ...EXAMPLE, time_check: 'noon' }, rules);
      return parsed.ok ? '' : parsed.faults[0]?.expected;
    };
    expect(expectedOf(moscow)).toMatch(/ISO 8601/);
    expect(expectedOf()).not.toMatch(/ISO 8601/);
  });
});

describe('the warnings', () => {
  it('are each given in one of the cases above', () => {
    expect([...given].sort()).toEqual([...READING_WARNINGS].sort());
  });
});
