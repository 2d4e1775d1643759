import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READING_FIELDS } from '../../app/plates/reading-fields.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { createOpenApiDocument } from '../../app/routes/openapi.js';
import { HttpClient } from '../testing/http-client.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';

const BODIES = 3000;
const SEED = 20_240_614;

/** Values that are right for some kind of field, nearly right, or right in another form. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  text: ['', 'А123ВС77', ' ', '\0', '😀', 'x'.repeat(256), 'x'.repeat(257), '😀'.repeat(256), '😀'.repeat(257), `${'x'.repeat(255)}😀`, '\ufeff', '0', 'null'],
  number: [0, -0, 1, 0.5, 1e-320, 2, 97.3, -1, 1.0000001, -1e-9, 1e308, -1e308, '97.3', '-1', '1.5', '1e2', '-0.5', '1.0000001', '5e-1', '2E-01', '0e5', '0', '0.5', ' 1 ', '.5', '1.', '+1', '-0', '1e-5', '1E0', '', ' ', '.', '-', 'e1', '1e', '0x1', '1_0', '0,5', '٣', 'NaN', 'inf', `0.${'1'.repeat(254)}`, `0.${'1'.repeat(255)}`],
  list: ['[0.5, 1.5]', '[-0.5]', '[97.3]', '["2"]', '[1e308]', '[1.2e-09, 1]', '[0,9, 0,8]', '[1,0, 1,0]', '[0,0, 0,1]', '[1, 0, 1,0]', [1.5], [-1, 0.5], ['1.5'], [1e308], '[]', '[ ]', '[0]', '[0.5, 1]', '[.5, 1.,]', '[0.5, 1,,]', '[0.5 1]', '[', ']', '0.5', '[[0.5]]', '["0.5"]', '["0.5", 1]', '["0.5",]', '[null]', '[NaN]', '{}', [], [0], [0.5, '1'], [' .5 '], ['x'], [null], [true], [[0]], [{}]],
  time: ['2024-06-14 08:30:15', '2024-6-4 8:3:1', '2024-02-29 00:00:00', '2023-02-29 00:00:00', '2024-06-31 00:00:00', '0000-01-01 00:00:00', '0001-01-01 00:00:00', '2024-06-14 24:00:00', '2024-06-14 23:59:60', '2024-06-14T08:30:15', '2024-06-14 08:30:15Z', '2024-06-14', '24-06-14 08:30:15', ' 2024-6-4 8:3:1', '2024-6-4 8:3:1\n', '2024-06-14 08:30:15\n'],
  any: [null, true, false, {}, { length: 1 }],
}; // prettier-ignore

const LISTS_AT_THE_LIMIT: readonly unknown[] = [256, 257].flatMap((length) => {
  const list = Array.from({ length }, () => 0.5);
  return [list, JSON.stringify(list), `[${'1.,'.repeat(length)}]`];
});

const anyValue = fc.constantFrom(...Object.values(VALUES).flat(), ...LISTS_AT_THE_LIMIT);
const NAMES = READING_FIELDS.map(({ name }) => name);

/** Readings in which up to three fields have another value, or are not there. */
const nearReading = fc
  .tuple(
    fc.constantFrom(...makeReadings(50, SEED)),
    fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.option(anyValue, { nil: undefined })), {
      maxLength: 3,
    }),
    fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }),
  )
  .map(([reading, changes, extra]) => ({ ...extra, ...reading, ...Object.fromEntries(changes) }));

describe('the schema of the body of POST /reg/', () => {
  let service: Service;
  let client: HttpClient;
  let isValid: ValidateFunction;

  beforeAll(async () => {
    service = await startService({ env: { WORKERS: '1' } });
    client = new HttpClient(service.port, 1);
    isValid = compileBodySchema();
  });
  afterAll(async () => {
    client.close();
    await service.stop();
  });

  async function statusOf(body: unknown): Promise<number> {
    const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json' };
    return (await client.ask({ headers, body: Buffer.from(JSON.stringify(body)) })).status;
  }

  it('takes what the service takes, and refuses what it refuses', async () => {
    const seen = { taken: 0, refused: 0 };
    const body = fc.oneof({ weight: 20, arbitrary: nearReading }, fc.jsonValue({ maxDepth: 2 }));
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        // As it is on the wire: without what JSON cannot say.
        const sent: unknown = JSON.parse(JSON.stringify(value));
        const status = await statusOf(sent);
        seen[status === 200 ? 'taken' : 'refused'] += 1;
        expect(status).toBe(isValid(sent) ? 200 : 400);
      }),
      { numRuns: BODIES, seed: SEED },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(BODIES / 5);
  });

  it.each(NAMES)('agrees with the service on every odd value of %s', async (name) => {
    for (const value of [...Object.values(VALUES).flat(), ...LISTS_AT_THE_LIMIT]) {
      const body = { ...EXAMPLE_READING, [name]: value };
      const answers = { value, status: await statusOf(body) };
      expect(answers).toEqual({ value, status: isValid(body) ? 200 : 400 });
    }
  });

  it('takes readings that are encoded twice', async () => {
    for (const reading of makeReadings(100, SEED + 1)) {
      const text = JSON.stringify(reading);
      expect(isValid(text)).toBe(true);
      expect(await statusOf(text)).toBe(200);
    }
    for (const text of ['', '{}', '[]', 'x', JSON.stringify(JSON.stringify(EXAMPLE_READING))]) {
      expect(isValid(text)).toBe(false);
      expect(await statusOf(text)).toBe(400);
    }
  });
});

function compileBodySchema(): ValidateFunction {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(JSON.parse(JSON.stringify(createOpenApiDocument())) as object, 'document');
  const pointer = '/paths/~1reg~1/post/requestBody/content/application~1json/schema';
  return ajv.compile({ $ref: `document#${pointer}` });
}
