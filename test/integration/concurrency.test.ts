import { beforeAll, describe, expect, it } from 'vitest';
import { HttpClient } from '../testing/http-client.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { expectedAnswers } from '../testing/test-model.js';

const READINGS = 2000;
/** Rows of a batch and a row alone may differ in the last bit of the exponential function. */
const TOLERANCE = 1e-12;

describe('two thousand concurrent readings', () => {
  let service: Service;
  let readings: Record<string, unknown>[];
  let expected: number[];

  beforeAll(async () => {
    readings = makeReadings(READINGS, 5);
    const answers = await expectedAnswers(readings);
    expected = answers.map((text) => positiveOf(text));
    service = await startService({
      env: { REGNO_INFLIGHT_MAX: '4000', REGNO_QUEUE_ROWS_MAX: '4000', REGNO_DEADLINE_MS: '60000' },
    });
  });

  it('have answers that tell them apart', () => {
    expect(new Set(readings.map((reading) => JSON.stringify(reading))).size).toBe(READINGS);
    const distinct = new Set(expected.map((positive) => positive.toFixed(9)));
    expect(distinct.size).toBeGreaterThan(READINGS * 0.99);
  });

  // Every second round repeats the readings: then memory answers most, beside new ones.
  it.each([0, 1, 2])('get each their own answer, round %d', async (round) => {
    const client = new HttpClient(service.port, Infinity);
    const answers = await Promise.all(
      readings.map((reading, i) =>
        client.ask({
          headers: { 'x-api-key': API_KEY, 'x-request-id': `${round}-${i}` },
          body: JSON.stringify(reading) + (round === 2 && i % 2 === 0 ? ' ' : ''),
        }),
      ),
    );
    client.close();
    const wrong = answers.filter(
      ({ status, body, headers }, i) =>
        status !== 200 ||
        headers['x-request-id'] !== `${round}-${i}` ||
        Math.abs(positiveOf(body) - (expected[i] ?? NaN)) > TOLERANCE,
    );
    expect(wrong).toEqual([]);
  });

  it('get each their own answer beside faulty ones, over few connections', async () => {
    const client = new HttpClient(service.port, 50);
    const answers = await Promise.all(
      readings.map((reading, i) =>
        client.ask({
          headers: { 'x-api-key': i % 7 === 3 ? 'wrong' : API_KEY },
          body: i % 5 === 2 ? '{"direction":1}' : JSON.stringify({ ...reading, round: 3 }),
        }),
      ),
    );
    client.close();
    const wrong = answers.filter(({ status, body }, i) => {
      if (i % 7 === 3) return status !== 401;
      if (i % 5 === 2) return status !== 400 || !body.includes('regno_recognize');
      return status !== 200 || Math.abs(positiveOf(body) - (expected[i] ?? NaN)) > TOLERANCE;
    });
    expect(wrong).toEqual([]);
  });
});

function positiveOf(text: string): number {
  return (JSON.parse(text) as { body: { positive: number } }).body.positive;
}
