import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { HttpClient } from '../testing/http-client.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';

const APP = 'https://app.example';
const OTHER = 'http://localhost:8080';
const BODY = Buffer.from(JSON.stringify(EXAMPLE_READING));
const READABLE = [
  ...['x-request-id', 'x-error-code', 'retry-after', 'x-model-name', 'x-model-version'],
  ...['x-model-digest', 'x-cache', 'x-answer-source', 'x-reading-warnings', 'traceresponse'],
];

function listOf(header: string | readonly string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => one !== '');
}

/** What a browser asks before it sends a reading from a page of this origin. */
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  path: '/reg/',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-api-key',
  },
});
const reading = (origin: string) => ({
  headers: { origin, 'x-api-key': API_KEY, 'content-type': 'application/json' },
  body: BODY,
});

describe.each([
  ['without REGNO_CORS_ORIGINS', undefined],
  ['with two origins', `${APP}, ${OTHER}`],
  ['with *', '*'],
])('pages of other origins, %s', (_what, origins) => {
  let service: Service;
  let client: HttpClient;
  const isOpen = origins !== undefined;

  beforeAll(async () => {
    const env = { WORKERS: '1', ...(isOpen ? { REGNO_CORS_ORIGINS: origins } : {}) };
    service = await startService({ env });
    client = new HttpClient(service.port, 2);
  });
  afterAll(async () => {
    client.close();
    await service.stop();
  });

  it.each([APP, OTHER])('of %s may send readings where they are allowed', async (origin) => {
    const asked = await client.ask(preflight(origin));
    const answered = await client.ask(reading(origin));
    expect(answered.status).toBe(200);
    const allowed = origins === '*' ? '*' : origin;
    for (const { headers } of [asked, answered]) {
      expect(headers['access-control-allow-origin']).toBe(isOpen ? allowed : undefined);
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['x-request-id']).toMatch(/^[\w-]{8,}$/);
      expect(listOf(headers['vary'])).toEqual(isOpen && origins !== '*' ? ['origin'] : []);
    }
    if (!isOpen) {
      expect(asked.status).toBe(401);
      expect(asked.headers['x-error-code']).toBe('unauthorized');
      return;
    }
    expect(asked.status).toBe(204);
    expect(asked.body).toBe('');
    expect(listOf(asked.headers['access-control-allow-methods'])).toContain('post');
    expect(listOf(asked.headers['access-control-allow-headers'])).toEqual(
      expect.arrayContaining(['content-type', 'content-encoding', 'x-api-key', 'x-request-id']),
    );
    expect(Number(asked.headers['access-control-max-age'])).toBeGreaterThan(0);
    expect(listOf(answered.headers['access-control-expose-headers']).sort()).toEqual(
      [...READABLE].sort(),
    );
  });

  it('of any other origin may not, but where all are', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      `${APP}.evil.example`,
      'http://app.example',
    ]) {
      for (const request of [preflight(origin), reading(origin)]) {
        const { headers } = await client.ask(request);
        expect(headers['access-control-allow-origin']).toBe(origins === '*' ? '*' : undefined);
      }
    }
  });

  it('may read why a request was refused', async () => {
    for (const request of [
      { ...reading(APP), body: Buffer.from('{') },
      { headers: { origin: APP }, body: BODY },
      { method: 'GET', path: '/nothing', headers: { origin: APP, 'x-api-key': API_KEY } },
      { method: 'PUT', headers: { origin: APP, 'x-api-key': API_KEY } },
    ]) {
      const { status, headers } = await client.ask(request);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(headers['x-error-code']).toMatch(/^[a-z_]+$/);
      expect(headers['access-control-allow-origin'] !== undefined).toBe(isOpen);
      expect(listOf(headers['access-control-expose-headers']).includes('x-error-code')).toBe(
        isOpen,
      );
    }
  });

  it('do not change what OPTIONS is where it is no preflight', async () => {
    const options = { method: 'OPTIONS', path: '/reg/' };
    const without = await client.ask({ ...options, headers: { origin: APP } });
    expect(without.status).toBe(401);
    const answer = await client.ask({ ...options, headers: { origin: APP, 'x-api-key': API_KEY } });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('POST');
  });

  it('never leave a header to an answer that asks for none', async () => {
    const answer = await client.ask({ headers: { 'x-api-key': API_KEY }, body: BODY });
    expect(answer.status).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(origins === '*' ? '*' : undefined);
  });
});
