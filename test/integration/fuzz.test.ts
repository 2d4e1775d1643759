import { beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_DECISION, EXAMPLE_READING } from '../../app/routes/examples.js';
import { ERROR_CODE_HEADER, REFUSALS } from '../../app/routes/refusal.js';
import { HttpClient, type ClientAnswer } from '../testing/http-client.js';
import {
  damagedCompressions,
  malformedBodies,
  malformedRequests,
} from '../testing/malformed-bodies.js';
import { RawConnection } from '../testing/raw-http.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';

const BODIES = 12_500;
const COMPRESSED = 3000;
const REQUESTS = 600;
const CONNECTIONS = 32;
const SEED = 20_240_614;
/** What a body may be answered with; a few that were damaged are still good readings. */
const STATUSES = new Set([200, 400, 413]);
/** Beyond this a client that is not answered hangs. */
const ANSWER_MS_MAX = 10_000;

describe('the service under malformed requests', () => {
  let service: Service;
  let workersBefore: number[];

  beforeAll(async () => {
    service = await startService({
      env: { REGNO_HEADERS_TIMEOUT_MS: '1000', REGNO_BODY_TIMEOUT_MS: '1000' },
    });
    workersBefore = service.workerPids();
  });

  it(`answers ${BODIES} malformed bodies without a fault`, async () => {
    const client = new HttpClient(service.port, CONNECTIONS);
    const counts = new Map<number, number>();
    const odd: unknown[] = [];
    const bodies = malformedBodies(BODIES, SEED);
    const send = async (): Promise<void> => {
      for (const body of bodies) {
        const answer = await client.ask({ headers: { 'x-api-key': API_KEY }, body });
        counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
        if (!isExpected(answer)) {
          odd.push({ answer, body: Buffer.from(body).toString('latin1').slice(0, 300) });
        }
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, send));
    client.close();
    expect(odd).toEqual([]);
    expect((counts.get(400) ?? 0) + (counts.get(413) ?? 0)).toBeGreaterThanOrEqual(10_000);
    expect(counts.get(413)).toBeGreaterThan(100);
    await expectWell(service, workersBefore);
  }, 60_000);

  it(`answers ${COMPRESSED} damaged compressed bodies without a fault`, async () => {
    const client = new HttpClient(service.port, CONNECTIONS);
    const counts = new Map<number, number>();
    const odd: unknown[] = [];
    const bodies = damagedCompressions(COMPRESSED, SEED);
    const send = async (): Promise<void> => {
      for (const { coding, body } of bodies) {
        const headers = { 'x-api-key': API_KEY, 'content-encoding': coding };
        const answer = await client.ask({ headers, body });
        counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
        if (!isExpected(answer)) odd.push({ answer, coding, body: body.toString('base64') });
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, send));
    client.close();
    expect(odd).toEqual([]);
    for (const status of STATUSES) expect(counts.get(status)).toBeGreaterThan(100);
    await expectWell(service, workersBefore);
  }, 60_000);

  it(`survives ${REQUESTS} connections of garbage`, async () => {
    const requests = malformedRequests(REQUESTS, SEED);
    const odd: unknown[] = [];
    const send = async (): Promise<void> => {
      for (const bytes of requests) {
        const connection = await RawConnection.open(service.port);
        await connection.write(bytes);
        connection.finish();
        const { answers, ending } = await connection.read({ timeoutMs: ANSWER_MS_MAX });
        connection.close();
        const isFault = answers.some(({ status }) => status >= 500 && status !== 505);
        if (isFault || ending === 'open') {
          odd.push({ answers, ending, bytes: Buffer.from(bytes).toString('latin1') });
        }
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, send));
    expect(odd).toEqual([]);
    await expectWell(service, workersBefore);
  }, 60_000);
});

function isExpected({ status, body: text, headers }: ClientAnswer): boolean {
  const { body, status: said } = JSON.parse(text) as { body: unknown; status: unknown };
  const code = headers[ERROR_CODE_HEADER];
  if (status === 200) return said === 'ok' && typeof body === 'object' && code === undefined;
  const isCode = typeof code === 'string' && Object.hasOwn(REFUSALS, code);
  return STATUSES.has(status) && said === 'fail' && typeof body === 'string' && isCode;
}

/** The same workers as before, ready, and right. */
async function expectWell(service: Service, workers: readonly number[]): Promise<void> {
  expect(service.workerPids()).toEqual(workers);
  expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  for (let i = 0; i < 4; i++) {
    const answer = await fetch(`${service.url}/reg/`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify(EXAMPLE_READING),
    });
    expect(await answer.json()).toEqual({ body: EXAMPLE_DECISION, status: 'ok' });
  }
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toMatch(/regno_internal_errors_total\{kind="inference"\} 0\n/);
  expect(metrics).toMatch(/regno_internal_errors_total\{kind="unexpected"\} 0\n/);
}
