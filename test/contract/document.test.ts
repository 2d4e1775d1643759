import { Validator } from '@seriousme/openapi-schema-validator';
import type { Express } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPOSED_HEADERS } from '../../app/routes/cross-origin.js';
import { Admission } from '../../app/routes/admission.js';
import type { AppParts } from '../../app/routes/create-app.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { createOpenApiDocument } from '../../app/routes/openapi.js';
import { ERROR_CODE_HEADER, REFUSALS, type RefusalCode } from '../../app/routes/refusal.js';
import type { HttpServerLimits } from '../../app/routes/http-server.js';
import { PrimaryUnavailable } from '../../app/serving/primary-unavailable.js';
import { TooManyAskers } from '../../app/serving/shared-read.js';
import { exchange, type RawAnswer } from '../testing/raw-http.js';
import { API_KEY } from '../testing/start-service.js';
import { createTestApp, listenTestApp } from '../testing/test-app.js';

interface Operation {
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

interface Response {
  readonly headers?: Readonly<Record<string, { readonly schema?: { readonly enum?: string[] } }>>;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface Reference {
  readonly $ref: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, Response>> };
}

// As a reader gets it.
const DOCUMENT = JSON.parse(JSON.stringify(createOpenApiDocument())) as Document;

describe('the OpenAPI document', () => {
  it('is a valid one of version 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(
      JSON.parse(JSON.stringify(DOCUMENT)) as Record<string, unknown>,
    );
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has every route of the application with its methods, and no other', async () => {
    const { app } = await createTestApp();
    const documented = Object.entries(DOCUMENT.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(documented.sort()).toEqual(routesOf(app).sort());
    expect(documented.length).toBeGreaterThan(9);
  });
});

const JSON_BODY = JSON.stringify(EXAMPLE_READING);
const KEY = `x-api-key: ${API_KEY}\r\n`;

function ask(method: string, path: string, headers = KEY, body = ''): string {
  const length = body === '' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nhost: x\r\n${headers}${length}\r\n${body}`;
}

const post = (body = JSON_BODY, headers = ''): string => ask('POST', '/reg/', KEY + headers, body);

/** Headers that HTTP itself has, or that say how the bytes of the answer are to be used. */
const PLAIN_HEADERS = new Set([
  ...['connection', 'keep-alive', 'date', 'content-type', 'content-length', 'cache-control'],
  ...[
    'content-security-policy',
    'x-content-type-options',
    'referrer-policy',
    'etag',
    'vary',
    'age',
    'content-encoding',
  ],
]);

interface Scenario {
  /** What is different about the application. */
  readonly parts?: Partial<AppParts>;
  readonly limits?: Partial<HttpServerLimits>;
  /** Requests and the codes of their refusals. */
  readonly refusals: readonly (readonly [request: string, code: RefusalCode])[];
}

const fail = (): never => {
  throw new Error('a fault of a part');
};

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'as it is': {
    refusals: [
      [post('', 'content-length: 0\r\n'), 'empty_body'],
      [post('{'), 'invalid_json'],
      [post('[]'), 'not_an_object'],
      [post('{}'), 'invalid_fields'],
      [post(Buffer.from(JSON_BODY, 'utf16le').toString()), 'invalid_utf8'],
      [post(JSON_BODY, 'content-encoding: gzip\r\n'), 'invalid_compression'],
      [post(JSON_BODY, 'content-encoding: br\r\n'), 'unsupported_encoding'],
      [post(JSON_BODY, 'content-type: text/plain\r\n'), 'unsupported_media_type'],
      [post(JSON_BODY, 'content-type: text/json; charset=x\r\n'), 'unsupported_media_type'],
      [post(JSON_BODY, 'content-type: application/json; charset=x\r\n'), 'unsupported_charset'],
      [post(JSON_BODY, 'x-request-timeout-ms: soon\r\n'), 'invalid_timeout'],
      [post(JSON_BODY, 'x-request-timeout-ms: 0\r\n'), 'deadline'],
      [post('x'.repeat(40_000)), 'body_too_large'],
      [ask('GET', '/docs/nothing'), 'not_found'],
      [ask('GET', '/docs/%ff'), 'invalid_path'],
      ...['/', '/reg/', '/status', '/status.json', '/docs', '/docs/start.js', '/openapi.json'].map(
        (path) => [ask('GET', path, ''), 'unauthorized'] as const,
      ),
      ...Object.keys(DOCUMENT.paths).map(
        (path) => [ask('DELETE', path.replace('{file}', 'x.css')), 'method_not_allowed'] as const,
      ),
      ...Object.keys(DOCUMENT.paths).map(
        (path) => [`GET ${path.replace(/[{}]/g, '')} HTTP/9.9\r\n\r\n`, 'malformed_http'] as const,
      ),
      [ask('GET', '/metrics', `x: ${'x'.repeat(20_000)}\r\n`), 'headers_too_large'],
      [ask('GET', '/metrics', 'x: x\r\n'.repeat(101)), 'headers_too_large'],
      ['GET /metrics HTTP/1.1\r\n\r\n', 'malformed_http'],
    ],
  },
  'with slow clients': {
    limits: { headersTimeoutMs: 100, bodyTimeoutMs: 200 },
    refusals: [['GET / HTTP/1.1\r\n', 'request_timeout']],
  },
  'with too much in flight': {
    parts: { admission: new Admission(0) },
    refusals: [[post(), 'overload_inflight']],
  },
  'with a full queue': {
    parts: {
      decider: {
        decide: (_body, _deadlineAt, done) => done({ kind: 'overload', reason: 'overload_queue' }),
      },
    },
    refusals: [[post(), 'overload_queue']],
  },
  'with an unusable model': {
    parts: { modelUsable: () => false },
    refusals: [[post(), 'model_unavailable']],
  },
  'with parts that fail': {
    parts: { health: fail, readMetrics: fail, readStatus: fail, decider: { decide: fail } },
    refusals: [
      [post(), 'internal'],
      [ask('GET', '/health/ready'), 'internal'],
      [ask('GET', '/metrics'), 'internal'],
      [ask('GET', '/status.json'), 'internal'],
    ],
  },
  'with too many who ask for figures': {
    parts: failingFigures(new TooManyAskers()),
    refusals: [
      [ask('GET', '/metrics'), 'too_many_scrapes'],
      [ask('GET', '/status.json'), 'too_many_scrapes'],
    ],
  },
  'with a silent primary': {
    parts: failingFigures(new PrimaryUnavailable('silent')),
    refusals: [
      [ask('GET', '/metrics'), 'primary_unavailable'],
      [ask('GET', '/status.json'), 'primary_unavailable'],
    ],
  },
  'while it is not ready': {
    parts: { health: () => notReady('draining') },
    refusals: [[ask('GET', '/health/ready'), 'draining']],
  },
  'without a model': {
    parts: { health: () => notReady('model_unavailable') },
    refusals: [[ask('GET', '/health/ready'), 'model_unavailable']],
  },
};

describe.each(Object.entries(SCENARIOS))('refusals of the service %s', (_name, scenario) => {
  let port: number;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { app } = await createTestApp({ parts: scenario.parts ?? {} });
    ({ port, close } = await listenTestApp(app, scenario.limits));
  });
  afterAll(() => close());

  it.each(scenario.refusals)('%#: stand in the document', async (request, code) => {
    const { answers } = await exchange(port, request, { answers: 1 });
    const [answer] = answers;
    const { status } = REFUSALS[code];
    expect(answer?.status).toBe(status);
    expect(answer?.headers.get(ERROR_CODE_HEADER)).toBe(code);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ status: 'fail' });
    const documented = responseOf(request, status);
    expect(documented.headers?.[ERROR_CODE_HEADER]?.schema?.enum).toContain(code);
    expect(undocumentedHeaders(answer, documented)).toEqual([]);
  });
});

it('every refusal of the catalogue is among them', () => {
  const seen = Object.values(SCENARIOS).flatMap(({ refusals }) => refusals.map(([, code]) => code));
  expect([...new Set(seen)].sort()).toEqual(Object.keys(REFUSALS).sort());
});

it('every header of an answer that a program may want can be read from other origins', () => {
  const documented = Object.values(DOCUMENT.paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap((response) => Object.keys(resolved(response).headers ?? {}));
  const ofHttp = new Set(['allow', 'accept', 'accept-encoding', 'www-authenticate']);
  for (const name of documented.filter((one) => !ofHttp.has(one))) {
    expect(EXPOSED_HEADERS).toContain(name);
  }
});

/** The documented answer to a request. */
function responseOf(request: string, status: number): Response {
  const path = /^\S+ (\S+)/.exec(request)?.[1] ?? '';
  const operations =
    DOCUMENT.paths[path] ?? DOCUMENT.paths[path.replace(/^\/docs\/.+/, '/docs/{file}')];
  const response = Object.values(operations ?? {})[0]?.responses[status];
  if (response === undefined) throw new Error(`no answer ${status} is documented for ${path}`);
  return resolved(response);
}

function resolved(response: Response | Reference): Response {
  if (!('$ref' in response)) return response;
  const name = response.$ref.replace('#/components/responses/', '');
  return DOCUMENT.components.responses[name] ?? {};
}

function undocumentedHeaders(answer: RawAnswer | undefined, documented: Response): string[] {
  const names = [...(answer?.headers.keys() ?? [])];
  return names.filter((name) => !PLAIN_HEADERS.has(name) && !(name in (documented.headers ?? {})));
}

function failingFigures(failure: Error): Partial<AppParts> {
  const fail = () => Promise.reject(failure);
  return { readMetrics: fail, readStatus: fail };
}

function notReady(state: 'draining' | 'model_unavailable') {
  const model = {
    name: 'm',
    version: '1',
    digest: 'd',
    compilerVersion: '1',
    golden: 'failed' as const,
    goldenRows: 1,
  };
  return { ready: false, state, model, dependencies: {} };
}

/** `method path` of each route that answers something, as the document writes them. */
function routesOf(app: Express): string[] {
  const layers = app.router.stack as unknown as readonly {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  }[];
  return layers.flatMap(({ route }) => {
    if (route === undefined) return [];
    const path = route.path === '/reg' ? '/reg/' : route.path.replace(/:(\w+)/g, '{$1}');
    const methods = Object.keys(route.methods).filter((method) => method !== '_all');
    return methods.map((method) => `${method} ${path}`);
  });
}
