import type { Express } from 'express';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import {
  createReadingRules,
  LENIENT_RULES,
  type ReadingSettings,
} from '../../app/plates/reading-rules.js';
import { READING_WARNINGS, warningsIn } from '../../app/plates/reading-warnings.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { API_KEY } from '../testing/start-service.js';
import { createTestApp } from '../testing/test-app.js';

type Changes = Record<string, unknown>;

async function ask(app: Express, changes: Changes) {
  const answer = await request(app)
    .post('/reg/')
    .set('x-api-key', API_KEY)
    .send({ ...EXAMPLE_READING, ...changes });
  const { positive } = (answer.body as { body: { positive: number } }).body;
  const { 'x-reading-warnings': warnings, 'x-answer-source': source } = answer.headers as Record<
    string,
    string | undefined
  >;
  return { status: answer.status, positive, warnings, source, text: answer.text };
}

function appWith(settings: Partial<ReadingSettings>) {
  const rules = { strict: true, normalise: [], timeZone: undefined, ...settings };
  return createTestApp({ rules: createReadingRules(rules) });
}

const ODD: Changes = { regno_recognize: 'А123ВС77 ', direction: 2 };
const ODD_WARNINGS = 'direction_code,plate_blanks';

describe('x-reading-warnings', () => {
  it('is absent where nothing is odd, on every kind of answer', async () => {
    const { app } = await createTestApp();
    for (const source of ['model', 'memory']) {
      expect(await ask(app, {})).toMatchObject({ status: 200, source, warnings: undefined });
    }
  });

  it('is the same from the model, for those who share its answer, from memory and from Redis', async () => {
    const stored = new Map<string, number>();
    const sharedCache = {
      lookUp: (key: string, done: (positive: number | undefined) => void) => done(stored.get(key)),
      store: (key: string, positive: number) => void stored.set(key, positive),
    };
    const counted: (readonly string[])[] = [];
    const cameras = {
      decided: (_reading: unknown, _positive: number, warnings: number) =>
        void counted.push(warningsIn(warnings)),
      refused: () => undefined,
    };
    const first = await createTestApp({ sharedCache, signals: cameras });
    const together = await Promise.all([ask(first.app, ODD), ask(first.app, ODD)]);
    const remembered = await ask(first.app, ODD);
    const second = await createTestApp({ sharedCache, signals: cameras });
    const fromRedis = await ask(second.app, ODD);
    const answers = [...together, remembered, fromRedis];
    expect(answers.map(({ source }) => source).sort()).toEqual(
      expect.arrayContaining(['memory', 'model', 'redis']) as string[],
    );
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 200, warnings: ODD_WARNINGS });
      expect(answer.positive).toBe(together[0].positive);
    }
    expect(counted).toEqual([ODD_WARNINGS.split(','), ODD_WARNINGS.split(',')]);
  });

  it('comes with the answer that the old service gave: nothing is respelt', async () => {
    const { app } = await createTestApp();
    const right = await ask(app, {});
    for (const plate of ['А123ВС77 ', 'а123вс77', 'A123BC77']) {
      const odd = await ask(app, { regno_recognize: plate });
      expect(odd.status).toBe(200);
      expect(odd.positive).not.toBe(right.positive);
    }
  });
});

describe('values that no sound client can mean', () => {
  const CHANGES: readonly Changes[] = [
    { afts_regno_ai_score: 97.3 },
    { afts_regno_ai_score: 1e308 },
    { afts_regno_ai_char_scores: '[0,9, 0,8]' },
    { afts_regno_ai_length_scores: [1.5] },
  ];

  it.each(CHANGES)('are refused by the name of their field: %j', async (changes) => {
    const { app } = await createTestApp();
    const answer = await ask(app, changes);
    expect(answer).toMatchObject({ status: 400, warnings: undefined });
    expect(answer.text).toContain(`Bad request: ${Object.keys(changes)[0]}: `);
    expect(answer.text).toContain('from 0 to 1');
  });

  it.each(CHANGES)(
    'are answered with a warning where REGNO_STRICT is false: %j',
    async (changes) => {
      const { app } = await createTestApp({ rules: LENIENT_RULES });
      const answer = await ask(app, changes);
      expect(answer.status).toBe(200);
      expect(READING_WARNINGS).toEqual(
        expect.arrayContaining(answer.warnings?.split(',') ?? ['no warning']),
      );
    },
  );
});

describe('REGNO_NORMALISE', () => {
  it('answers odd spellings as the right one, and shares the right one of Redis', async () => {
    const stored = new Map<string, number>();
    const sharedCache = {
      lookUp: (key: string, done: (positive: number | undefined) => void) => done(stored.get(key)),
      store: (key: string, positive: number) => void stored.set(key, positive),
    };
    const rules = createReadingRules({
      strict: true,
      normalise: ['trim', 'upper', 'lookalikes'],
      timeZone: undefined,
    });
    const { app } = await createTestApp({ rules, sharedCache });
    const right = await ask(app, {});
    for (const [plate, warnings] of [
      ['А123ВС77 ', 'plate_blanks'],
      ['а123вс77', 'plate_lower_case'],
      ['A123BC77', 'plate_lookalikes'],
    ]) {
      expect(await ask(app, { regno_recognize: plate })).toMatchObject({
        positive: right.positive,
        source: 'redis',
        warnings,
      });
    }
    expect(stored.size).toBe(1);
  });
});

describe('REGNO_TIME_ZONE', () => {
  it('answers a time with an offset as the local time that it is', async () => {
    const { app } = await appWith({ timeZone: 'Europe/Moscow' });
    const local = await ask(app, { time_check: '2024-01-01 02:30:15' });
    const iso = await ask(app, { time_check: '2023-12-31T23:30:15.5Z' });
    expect(iso).toMatchObject({ status: 200, positive: local.positive, warnings: undefined });
    const other = await ask(app, { time_check: '2023-12-31 23:30:15' });
    expect(other.positive).not.toBe(local.positive);
  });

  it('is needed for that', async () => {
    const { app } = await createTestApp();
    expect(await ask(app, { time_check: '2024-06-14T20:30:15Z' })).toMatchObject({ status: 400 });
  });
});
