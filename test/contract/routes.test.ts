import { METHODS } from 'node:http';
import type { Express } from 'express';
import supertest from 'supertest';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Admission } from '../../app/routes/admission.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { PrimaryUnavailable } from '../../app/serving/primary-unavailable.js';
import { TooManyAskers } from '../../app/serving/shared-read.js';
import { exchange } from '../testing/raw-http.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { createTestApp, listenTestApp } from '../testing/test-app.js';

const FIRST_KEY = 'first-key-of-this-test';
const SECOND_KEY = 'second-key-of-this-test';
const UNAUTHORIZED = { body: 'Unauthorized', status: 'fail' };
const NOT_FOUND = { body: 'File not found', status: 'fail' };
const NOT_ALLOWED = { body: 'Method not allowed', status: 'fail' };

/** Routes that answer whoever asks, with their methods. */
const OPEN_ROUTES = ['/health/live', '/health/ready', '/metrics'];
const DOCUMENTATION = ['/docs', '/docs/start.js', '/docs/swagger-ui.css', '/openapi.json'];

/** CONNECT has no path, and Node closes its connection; HEAD is part of GET. */
const OTHER_METHODS = METHODS.filter((method) => !['CONNECT', 'HEAD'].includes(method));

describe('routes', () => {
  let service: Service;
  let production: Service;

  beforeAll(async () => {
    [service, production] = await Promise.all([
      startService({ env: { WORKERS: '1' } }),
      startService({
        env: { WORKERS: '1', NODE_ENV: 'production', API_KEYS: `${FIRST_KEY}, ${SECOND_KEY}` },
      }),
    ]);
  });

  it('every route of the application but health and metrics refuses without a key', async () => {
    const { app } = await createTestApp();
    const paths = routePaths(app);
    expect(paths).toEqual(
      expect.arrayContaining([
        '/reg',
        '/',
        '/docs',
        '/docs/:file',
        '/openapi.json',
        '/metrics',
        '/status',
      ]),
    );
    for (const path of paths) {
      for (const method of OTHER_METHODS.filter((one) => one !== 'QUERY')) {
        const agent = supertest(app) as unknown as Record<string, Ask>;
        const ask = agent[method.toLowerCase()];
        if (ask === undefined) continue;
        const answer = await ask.call(agent, path.replace(':file', 'swagger-ui.css'));
        if (OPEN_ROUTES.includes(path)) expect(answer.status).not.toBe(401);
        else expect(`${method} ${path} ${answer.status}`).toBe(`${method} ${path} 401`);
      }
    }
  });

  it.each([
    '/reg/',
    '/',
    '/nothing',
    '/%2e%2e/etc/passwd',
    '/health',
    '/health/live/x',
    '/metrics/x',
    '/REG/../x',
  ])('answers 401 on %s without a key', async (path) => {
    const [answer] = await raw(service, `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(answer?.status).toBe(401);
    expect(JSON.parse(answer?.body ?? '')).toEqual(UNAUTHORIZED);
  });

  it.each([
    '/nothing',
    '/reg/more',
    '/health',
    '/docs/nothing',
    '/docs/package.json',
    '/favicon.ico',
  ])('answers 404 on %s with the key', async (path) => {
    const answer = await supertest(service.url).get(path).set('x-api-key', API_KEY);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual(NOT_FOUND);
  });

  it.each(['/', '/?x=1'])('answers ok on GET %s with the key', async (path) => {
    const answer = await supertest(service.url).get(path).set('x-api-key', API_KEY);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"body":"ok","status":"ok"}');
  });

  const allowed: readonly (readonly [string, string])[] = [
    ['/reg/', 'POST'],
    ['/reg', 'POST'],
    ['/', 'GET, HEAD'],
    ['/health/live', 'GET, HEAD'],
    ['/health/ready', 'GET, HEAD'],
    ['/metrics', 'GET, HEAD'],
    ['/openapi.json', 'GET, HEAD'],
    ['/status', 'GET, HEAD'],
    ['/status.json', 'GET, HEAD'],
    ['/docs', 'GET, HEAD'],
    ['/docs/start.js', 'GET, HEAD'],
  ];
  it.each(allowed)('answers 405 with Allow on %s for every method but %s', async (path, allow) => {
    const others = [...OTHER_METHODS, 'HEAD'].filter((one) => !allow.split(', ').includes(one));
    expect(others.length).toBeGreaterThan(30);
    for (const method of others) {
      const head = `${method} ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n`;
      const { answers } = await exchange(service.port, `${head}connection: close\r\n\r\n`, {
        bodiless: method === 'HEAD',
      });
      expect(`${method} ${answers[0]?.status}`).toBe(`${method} 405`);
      expect(answers[0]?.headers.get('allow')).toBe(allow);
      if (method !== 'HEAD') expect(JSON.parse(answers[0]?.body ?? '')).toEqual(NOT_ALLOWED);
    }
  });

  it.each(['/', '/health/live', '/health/ready', '/metrics', '/docs', '/openapi.json'])(
    'answers HEAD %s as GET, without the body',
    async (path) => {
      const head = await supertest(service.url).head(path).set('x-api-key', API_KEY);
      const get = await supertest(service.url).get(path).set('x-api-key', API_KEY);
      expect(head.status).toBe(200);
      expect(head.headers['content-type']).toBe(get.headers['content-type']);
      expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
      expect(head.text || '').toBe('');
    },
  );

  it('answers health and metrics without a key', async () => {
    for (const one of [service, production]) {
      const live = await supertest(one.url).get('/health/live');
      expect(live.text).toBe('{"body":"ok","status":"ok"}');
      const ready = await supertest(one.url).get('/health/ready');
      expect(ready.status).toBe(200);
      expect(ready.body).toMatchObject({
        body: { ready: true, state: 'ok', model: { golden: 'passed' }, dependencies: {} },
        status: 'ok',
      });
      const metrics = await supertest(one.url).get('/metrics');
      expect(metrics.status).toBe(200);
      expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    }
  });

  it('takes each of the configured keys in production, and the demo key no more', async () => {
    for (const key of [FIRST_KEY, SECOND_KEY]) {
      const answer = await supertest(production.url).get('/').set('x-api-key', key);
      expect(answer.status).toBe(200);
    }
    for (const key of [API_KEY, 'first-key', `${FIRST_KEY},${SECOND_KEY}`]) {
      const answer = await supertest(production.url).get('/').set('x-api-key', key);
      expect(answer.status).toBe(401);
    }
  });

  describe('documentation', () => {
    it.each(DOCUMENTATION)('%s is open outside production', async (path) => {
      expect((await supertest(service.url).get(path)).status).toBe(200);
    });

    it.each(DOCUMENTATION)('%s asks for a key in production', async (path) => {
      const without = await supertest(production.url).get(path);
      expect(without.status).toBe(401);
      expect(without.headers['www-authenticate']).toBe('Basic realm="regno"');
      expect(without.body).toEqual(UNAUTHORIZED);
      const byHeader = await supertest(production.url).get(path).set('x-api-key', FIRST_KEY);
      expect(byHeader.status).toBe(200);
      const byPassword = await supertest(production.url).get(path).auth('anyone', SECOND_KEY);
      expect(byPassword.status).toBe(200);
    });

    it.each([
      ['a wrong password', `Basic ${btoa('a:nope')}`],
      ['the key as the user', `Basic ${btoa(`${FIRST_KEY}:`)}`],
      ['no colon', `Basic ${btoa(FIRST_KEY)}`],
      ['no base64', 'Basic ???'],
      ['another scheme', `Bearer ${FIRST_KEY}`],
      ['a very long one', `Basic ${btoa(`a:${'k'.repeat(6000)}`)}`],
    ])('refuses Basic with %s', async (_what, authorization) => {
      const ask = supertest(production.url).get('/docs').set('authorization', authorization);
      expect((await ask).status).toBe(401);
    });

    it('says how to get a key before one is asked for', async () => {
      const open = await supertest(service.url).get('/docs');
      expect(open.text).toContain(`the public demo key <code>${API_KEY}</code>`);
      const closed = await supertest(production.url).get('/docs').set('x-api-key', FIRST_KEY);
      expect(closed.text).toContain('ask the operator');
      expect(closed.text).not.toMatch(/123321|first-key/);
      const document = await supertest(service.url).get('/openapi.json');
      expect(document.text).toContain('The operator of the service hands out keys');
    });

    it('does not take Basic for the decision itself', async () => {
      const ask = supertest(production.url).post('/reg/').auth('a', FIRST_KEY);
      expect((await ask.send(EXAMPLE_READING)).status).toBe(401);
    });

    it.each([
      '/docs/../package.json',
      '/docs/..%2fpackage.json',
      '/docs/%2e%2e/package.json',
      '/docs/%2e%2e%2f%2e%2e%2fexpress%2fpackage.json',
      '/docs/..%5c..%5cpackage.json',
      '/docs/%00',
      '/docs/swagger-ui.css%00.js',
      '/docs/index.html',
      '/docs/absolute-path.js',
      '/docs//etc/passwd',
      '/docs/swagger-ui.css/../package.json',
    ])('gives no other file for %s', async (path) => {
      const request = `GET ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n\r\n`;
      const [answer] = await raw(service, request);
      expect(answer?.status).toBe(404);
      expect(JSON.parse(answer?.body ?? '')).toEqual(NOT_FOUND);
    });

    it.each([
      ['range', 'bytes=99999999-'],
      ['range', 'bytes=0-9'],
      ['if-match', '"x"'],
      ['if-unmodified-since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ])('gives the whole file whatever %s: %s says', async (name, value) => {
      const ask = supertest(service.url).get('/docs/swagger-ui.css').set(name, value);
      expect((await ask).status).toBe(200);
    });

    it('allows the page nothing but what comes from here', async () => {
      const { headers } = await supertest(service.url).get('/docs');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toMatch(/https?:|\*|unsafe-eval/);
      expect(headers['x-content-type-options']).toBe('nosniff');
    });
  });

  describe('answers of the application that no real model gives', () => {
    it('has no inner detail in a 500', async () => {
      const { identity } = await import('../testing/test-model.js').then((m) => m.shippedModel());
      const scorer = {
        model: identity,
        score: () => Promise.reject(new Error('secret inner detail at /srv/x.js')),
      };
      const { app, errors } = await createTestApp({ scorer });
      const answer = await supertest(app)
        .post('/reg/')
        .set('x-api-key', API_KEY)
        .send(EXAMPLE_READING);
      expect(answer.status).toBe(500);
      expect(answer.text).toBe('{"body":"Internal server error","status":"fail"}');
      expect(JSON.stringify(answer.headers)).not.toContain('secret');
      expect(String(errors[0])).toContain('secret inner detail');
    });

    it('has no inner detail where a route throws', async () => {
      const fail = (): never => {
        throw new Error('secret inner detail');
      };
      const { app, errors } = await createTestApp({
        parts: { health: fail, readMetrics: fail, decider: { decide: fail } },
      });
      const { port, close } = await listenTestApp(app);
      for (const ask of [
        supertest(`http://127.0.0.1:${port}`).get('/health/ready'),
        supertest(`http://127.0.0.1:${port}`).get('/metrics'),
      ]) {
        const answer = await ask;
        expect(answer.status).toBe(500);
        expect(answer.text).toBe('{"body":"Internal server error","status":"fail"}');
      }
      expect(errors).toHaveLength(2);
      await close();
    });

    it.each(['http://', 'http://?x=1', '*'])(
      'has no page of Express for the target %s, and nothing on stderr',
      async (target) => {
        const complaints = vi.spyOn(console, 'error');
        const { app } = await createTestApp();
        const { port, close } = await listenTestApp(app);
        const request = `GET ${target} HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n\r\n`;
        const { answers } = await exchange(port, request, { answers: 1 });
        expect([400, 404]).toContain(answers[0]?.status);
        expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ status: 'fail' });
        expect(answers[0]?.headers.get('x-error-code')).toMatch(/^(malformed_http|not_found)$/);
        expect(answers[0]?.headers.get('x-request-id')).toMatch(/^[\w-]{8,64}$/);
        expect(complaints).not.toHaveBeenCalled();
        complaints.mockRestore();
        await close();
      },
    );

    it('cuts the connection where a route fails within its answer, and reports it', async () => {
      const complaints = vi.spyOn(console, 'error');
      // Its length is known, but Node does not send it.
      const text = new Float64Array(1) as unknown as string;
      const { app, errors } = await createTestApp({
        parts: { readStatus: () => Promise.resolve(text) },
      });
      const { port, close } = await listenTestApp(app);
      const request = `GET /status.json HTTP/1.1\r\nhost: x\r\nx-api-key: ${API_KEY}\r\n\r\n`;
      const { answers, ending } = await exchange(port, request);
      expect(answers).toEqual([]);
      expect(ending).not.toBe('open');
      expect(errors).toHaveLength(1);
      expect(complaints).not.toHaveBeenCalled();
      complaints.mockRestore();
      await close();
    });

    it('answers 500 where the decision itself fails, and goes on', async () => {
      const { app, errors } = await createTestApp({
        parts: {
          decider: {
            decide: () => {
              throw new Error('secret inner detail');
            },
          },
        },
      });
      const { port, close } = await listenTestApp(app);
      for (let i = 0; i < 2; i++) {
        const answer = await supertest(`http://127.0.0.1:${port}`)
          .post('/reg/')
          .set('x-api-key', API_KEY)
          .send(EXAMPLE_READING);
        expect(answer.status).toBe(500);
        expect(answer.headers['x-error-code']).toBe('internal');
        expect(answer.text).toBe('{"body":"Internal server error","status":"fail"}');
      }
      expect(errors).toHaveLength(2);
      await close();
    });

    it('answers 500 where the model gives NaN, and never sends it', async () => {
      const { identity } = await import('../testing/test-model.js').then((m) => m.shippedModel());
      const scorer = { model: identity, score: () => Promise.resolve(Float64Array.of(NaN)) };
      const { app } = await createTestApp({ scorer });
      const answer = await supertest(app)
        .post('/reg/')
        .set('x-api-key', API_KEY)
        .send(EXAMPLE_READING);
      expect(answer.status).toBe(500);
    });

    it('answers 503 with Retry-After while too many are in flight, and 200 to health', async () => {
      const { app } = await createTestApp({ parts: { admission: new Admission(0) } });
      const answer = await supertest(app)
        .post('/reg/')
        .set('x-api-key', API_KEY)
        .send(EXAMPLE_READING);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toMatch(/^[1-3]$/);
      expect((answer.body as { status: string }).status).toBe('fail');
      expect((await supertest(app).get('/health/ready')).status).toBe(200);
    });

    it.each([
      ['too_many_scrapes', new TooManyAskers()],
      ['primary_unavailable', new PrimaryUnavailable('silent')],
    ])('answers 503 %s where figures cannot be had, which is no fault', async (code, failure) => {
      const fail = () => Promise.reject(failure);
      const { app, errors } = await createTestApp({
        parts: { readMetrics: fail, readStatus: fail },
      });
      for (const path of ['/metrics', '/status.json']) {
        const answer = await supertest(app).get(path).set('x-api-key', API_KEY);
        expect(answer.status).toBe(503);
        expect(answer.headers['x-error-code']).toBe(code);
        expect(answer.headers['retry-after']).toMatch(/^[1-3]$/);
      }
      expect(errors).toEqual([]);
    });

    it('answers 503 with Retry-After where the deadline of the client has passed', async () => {
      const { app } = await createTestApp();
      const ask = (timeout: string) =>
        supertest(app)
          .post('/reg/')
          .set('x-api-key', API_KEY)
          .set('x-request-timeout-ms', timeout)
          .send({ ...EXAMPLE_READING, recognition_accuracy: 1.5 });
      const late = await ask('0');
      expect(late.status).toBe(503);
      expect(late.headers['retry-after']).toMatch(/^[1-3]$/);
      expect((late.body as { body: string }).body).toContain('deadline');
      expect((await ask('1000')).status).toBe(200);
      for (const bad of ['-1', '1.5', 'soon', '1e3', '9'.repeat(10)]) {
        expect((await ask(bad)).status).toBe(400);
      }
    });

    it('answers 503 with its reason while the model is not usable', async () => {
      const { app } = await createTestApp({ parts: { modelUsable: () => false } });
      const answer = await supertest(app)
        .post('/reg/')
        .set('x-api-key', API_KEY)
        .send(EXAMPLE_READING);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toMatch(/^[1-3]$/);
      expect((answer.body as { body: string }).body).toContain('golden check');
    });
  });
});

type Ask = (path: string) => Promise<supertest.Response>;

async function raw(service: Service, request: string) {
  return (await exchange(service.port, request, { answers: 1 })).answers;
}

/** Paths of the routes that an Express application knows. */
function routePaths(app: Express): string[] {
  const layers = app.router.stack as readonly { readonly route?: { readonly path: string } }[];
  return [...new Set(layers.flatMap(({ route }) => (route === undefined ? [] : [route.path])))];
}
