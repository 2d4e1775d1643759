import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../random.js';
import { BodySource, madeUpTemplates } from './body-source.js';
import { bodyTemplate, canVary, writeVaried } from './body-template.js';
import { DataFileError, readDataFile } from './data-file.js';
import { makeReading } from './reading-maker.js';

const FIELDS = [
  'regno_recognize',
  'afts_regno_ai',
  'recognition_accuracy',
  'afts_regno_ai_score',
  'afts_regno_ai_char_scores',
  'afts_regno_ai_length_scores',
  'camera_type',
  'camera_class',
  'time_check',
  'direction',
];

const folder = mkdtempSync(path.join(os.tmpdir(), 'regno-generator-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const place = path.join(folder, name);
  writeFileSync(place, content);
  return place;
}

function source(options: Partial<ConstructorParameters<typeof BodySource>[0]> = {}): BodySource {
  const random = new Random(5);
  const templates = madeUpTemplates(random, 50);
  return new BodySource({
    random,
    templates,
    vary: true,
    repeatShare: 0,
    thread: 0,
    threads: 1,
    ...options,
  });
}

function take(bodies: BodySource, count: number): string[] {
  const out = Buffer.alloc(bodies.bodyBytesMax + 3);
  return Array.from({ length: count }, () => out.toString('utf8', 3, 3 + bodies.copyNext(out, 3)));
}

describe('made-up readings', () => {
  it('have the ten fields, disagree, and carry one score per symbol', () => {
    const random = new Random(1);
    for (let i = 0; i < 2_000; i += 1) {
      const reading = makeReading(random);
      expect(Object.keys(reading)).toEqual(FIELDS);
      expect(reading.regno_recognize).not.toBe(reading.afts_regno_ai);
      const scores = JSON.parse(reading.afts_regno_ai_char_scores) as number[];
      expect(scores).toHaveLength(reading.afts_regno_ai.length);
      expect(scores.every((score) => score > 0 && score <= 1)).toBe(true);
      expect(reading.time_check).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    }
  });

  it('look like a road: mostly private cars, some unread symbols, several camera classes', () => {
    const random = new Random(2);
    const readings = Array.from({ length: 2_000 }, () => makeReading(random));
    const share = (test: (reading: (typeof readings)[number]) => boolean): number =>
      readings.filter(test).length / readings.length;
    const isPrivateCar = /^[А-Я]\d{3}[А-Я]{2}\d{2}\d?$/;
    expect(share((reading) => isPrivateCar.test(reading.afts_regno_ai))).toBeGreaterThan(0.55);
    expect(share((reading) => reading.regno_recognize.includes('_'))).toBeGreaterThan(0.05);
    expect(new Set(readings.map((reading) => reading.camera_class)).size).toBeGreaterThan(3);
  });

  it('are the same for the same seed, and others for another', () => {
    const run = (seed: number): string[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => JSON.stringify(makeReading(random)));
    };
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
  });
});

describe('bodies', () => {
  it('are all different and all JSON when none is to be repeated', () => {
    const bodies = take(source(), 5_000);
    expect(new Set(bodies).size).toBe(5_000);
    for (const body of bodies) expect(Object.keys(JSON.parse(body) as object)).toEqual(FIELDS);
  });

  it('are different over threads too', () => {
    const [a, b] = [0, 1].map((thread) => take(source({ thread, threads: 2 }), 2_000));
    expect(new Set([...(a ?? []), ...(b ?? [])]).size).toBe(4_000);
  });

  it('repeat the share that was asked for', () => {
    const bodies = take(source({ repeatShare: 0.3 }), 10_000);
    expect(new Set(bodies).size / bodies.length).toBeCloseTo(0.7, 1);
  });

  it('are the same for the same seed', () => {
    expect(take(source({ repeatShare: 0.5 }), 500)).toEqual(
      take(source({ repeatShare: 0.5 }), 500),
    );
  });

  it('carry the time of day on the road where there is one', () => {
    const [body = ''] = take(source({ clock: () => ({ hour: 7, minute: 5 }) }), 1);
    expect((JSON.parse(body) as { time_check: string }).time_check).toMatch(/ 07:05:\d\d$/);
  });

  it('of a file are sent as they are, in turn, again and again', () => {
    const templates = ['{"a":1}', '{"bb":2}'].map((text) => bodyTemplate(Buffer.from(text)));
    const bodies = take(source({ templates, vary: false }), 4);
    expect(bodies).toEqual(['{"a":1}', '{"bb":2}', '{"a":1}', '{"bb":2}']);
  });

  it('that cannot be varied are sent as they are', () => {
    const templates = [bodyTemplate(Buffer.from('{"a":1}'))];
    expect(take(source({ templates }), 2)).toEqual(['{"a":1}', '{"a":1}']);
  });
});

describe('a varied body', () => {
  it('changes digits only, alike in both plates, and keeps every score within a millionth', () => {
    const random = new Random(9);
    for (const template of madeUpTemplates(random, 200)) {
      expect(canVary(template)).toBe(true);
      const out = Buffer.alloc(template.bytes.length);
      writeVaried(template, out, 0, random.below(1e9), random, null);
      const before = JSON.parse(template.bytes.toString()) as Record<string, string>;
      const after = JSON.parse(out.toString()) as Record<string, string>;
      const scores = (of: Record<string, string>): number[] =>
        JSON.parse(of['afts_regno_ai_char_scores'] ?? '') as number[];
      for (const [i, score] of scores(after).entries()) {
        expect(Math.abs(score - (scores(before)[i] ?? NaN))).toBeLessThan(1e-6);
      }
      for (const plate of ['regno_recognize', 'afts_regno_ai']) {
        const blur = (text = ''): string => text.replace(/\d/g, '#');
        expect(blur(after[plate])).toBe(blur(before[plate]));
      }
      expect(after['regno_recognize']).not.toBe(after['afts_regno_ai']);
    }
  });
});

const ROW = {
  regno_recognize: 'А001АА77',
  afts_regno_ai: 'А007АА77',
  recognition_accuracy: 6.5,
  afts_regno_ai_score: 0.75,
  afts_regno_ai_char_scores: '[0.5, 0.25]',
  afts_regno_ai_length_scores: '[1.0]',
  camera_type: 'Стационарная',
  camera_class: 'Кордон',
  time_check: '2024-05-06 07:08:09',
  direction: 0,
};

const HEADER = Object.keys(ROW).join(',');

function windows1251(text: string): Buffer {
  return Buffer.from(
    Array.from(text, (symbol) => {
      const code = symbol.codePointAt(0) ?? 0;
      return code < 0x80 ? code : code - 0x410 + 0xc0;
    }),
  );
}

describe('a file of readings', () => {
  const csvLine = Object.values(ROW)
    .map((value) => (String(value).includes(',') ? `"${value}"` : String(value)))
    .join(',');

  it('may be CSV with the ten columns in any order', async () => {
    const bodies = await readDataFile(file('a.csv', `${HEADER}\n${csvLine}\n${csvLine}\n`));
    expect(bodies.map((body) => JSON.parse(body.toString()) as unknown)).toEqual([ROW, ROW]);
    const turned =
      'direction,camera_class,' + Object.keys(ROW).slice(0, 7).join(',') + ',time_check';
    const cells = csvLine.replace(',Кордон', '').replace(/,0$/, '');
    const [body] = await readDataFile(file('b.CSV', `\ufeff${turned}\n0,Кордон,${cells}`));
    expect(JSON.parse(body?.toString() ?? '')).toEqual(ROW);
  });

  it('is read as by "regno score": separators, encodings, decimal commas', async () => {
    const cells = Object.values(ROW).map((value) =>
      typeof value === 'number' ? String(value).replace('.', ',') : value,
    );
    const text = `sep=;\r\n${HEADER.replaceAll(',', ';')}\r\n${cells.join(';')}\r\n`;
    const options = { encoding: 'windows-1251', decimalComma: true };
    const bodies = await readDataFile(file('excel.csv', windows1251(text)), options);
    expect(bodies.map((body) => JSON.parse(body.toString()) as unknown)).toEqual([ROW]);
  });

  it('may be NDJSON, the fields themselves or under "input"', async () => {
    const lines = [ROW, { input: ROW, expected: { positive: 1 } }].map((row) =>
      JSON.stringify(row),
    );
    const bodies = await readDataFile(file('a.jsonl', `${lines.join('\n')}\n\n`));
    expect(bodies.map((body) => JSON.parse(body.toString()) as unknown)).toEqual([ROW, ROW]);
  });

  it('is sent to the letter, as "regno score" reads it', async () => {
    const json = `{ "regno_recognize":"\\u0410", "direction":1e400, "x":12345678901234567890, "direction":1.50 }`;
    const text = JSON.stringify(json);
    const lines = [json, `{"id":1,"input": ${json} }`, `{"input":${text}}`, text, ''].join('\n');
    const bodies = await readDataFile(file('literal.ndjson', lines));
    expect(bodies.map(String)).toEqual([json, json, text, text]);

    const cells = [
      'А1',
      'А2',
      ' 12345678901234567890 ',
      '1e400',
      '[1]',
      '[1]',
      'к',
      'к',
      't',
      '0x10',
    ];
    const [body] = await readDataFile(file('literal.csv', `${HEADER}\n${cells.join(',')}\n`));
    expect(String(body)).toMatch(/"recognition_accuracy":12345678901234567890,/);
    expect(String(body)).toMatch(/"afts_regno_ai_score":1e400,.*"direction":"0x10"}$/);
  });

  it('has its decimal commas exchanged, and nothing else', async () => {
    const line = `{"afts_regno_ai_score":"0,5","afts_regno_ai_char_scores":"[0,9; 1]","x":1e400,"direction":1.50}`;
    const lines = [line, `{"input":${JSON.stringify(line)}}`].join('\n');
    const bodies = await readDataFile(file('commas.ndjson', lines), { decimalComma: true });
    expect(bodies.map(String)).toEqual([
      line.replace('0,5', '0.5').replace('[0,9; 1]', '[0.9, 1]'),
      JSON.stringify(line),
    ]);
  });

  it.each([
    ['missing.csv', null, /cannot be read/],
    ['empty.ndjson', '\n', /at least one row/],
    ['columns.csv', 'a,b\n1,2\n', /missing: regno_recognize, afts_regno_ai/],
    ['quotes.csv', `${HEADER}\n"1,2\n`, /quotes\.csv:2: a quoted field is not closed/],
    ['narrow.csv', `${HEADER}\n1,2\n`, /narrow\.csv:2: 2 columns; expected 10/],
    ['twice.csv', `${HEADER},direction\n`, /stand there twice: "direction"/],
    [
      'cp1251.csv',
      windows1251(`${HEADER}\n${csvLine}\n`),
      /cp1251\.csv:2: .*looks like windows-1251/,
    ],
    ['utf16.csv', Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'), /utf16\.csv: the input is utf-16le/],
    [
      'text.ndjson',
      '{"a":1}\nhello\n',
      /text\.ndjson:2: .*not valid JSON: expected a JSON value at line 2, column 1$/,
    ],
    ['list.ndjson', '[1]\n', /list\.ndjson:1: expected the ten fields/],
  ])('%s is refused with the reason', async (name, content, reason) => {
    const place = content === null ? path.join(folder, name) : file(name, content);
    await expect(readDataFile(place)).rejects.toThrow(DataFileError);
    await expect(readDataFile(place)).rejects.toThrow(reason);
  });
});

const customer = fileURLToPath(new URL('../../../shared/customer', import.meta.url));
const hasCustomer = existsSync(customer);
if (!hasCustomer) console.warn('../shared/customer is absent: its files are not read by this test');

describe("the customer's files", () => {
  it.skipIf(!hasCustomer)('are read whole, and nearly every row can be varied', async () => {
    const rows = await readDataFile(path.join(customer, 'test_data.csv'));
    expect(rows).toHaveLength(100);
    const [first] = rows;
    const reading = JSON.parse(first?.toString() ?? '') as Record<string, unknown>;
    expect(Object.keys(reading)).toEqual(FIELDS);
    expect(typeof reading['recognition_accuracy']).toBe('number');
    expect(await readDataFile(path.join(customer, 'expected_synthetic.jsonl'))).toHaveLength(2_000);
    expect(rows.filter((row) => canVary(bodyTemplate(row))).length).toBeGreaterThan(95);
  });
});
