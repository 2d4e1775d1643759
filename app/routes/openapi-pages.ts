import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { COMMON_HEADERS, errorCodeHeader, JSON_TYPE, type Answers } from './openapi-answers.js';
import { KEY_NEEDED, KEY_PERHAPS, NO_KEY } from './openapi-security.js';
import { SWAGGER_FILES } from './swagger-files.js';

export function registerHealth(registry: OpenAPIRegistry, answers: Answers): void {
  const health = { ...NO_KEY, method: 'get' as const, tags: ['health'] };
  const ok = z.object({ body: z.literal('ok'), status: z.literal('ok') });
  registry.registerPath({
    ...health,
    ...KEY_NEEDED,
    path: '/',
    operationId: 'ping',
    summary: 'Whether the key is good and the service answers',
    responses: { ...answers.ok('It is.', ok, JSON_TYPE), ...answers.refusals('unauthorized') },
  });
  registry.registerPath({
    ...health,
    path: '/health/live',
    operationId: 'live',
    summary: 'Whether the process answers',
    responses: { ...answers.ok('It does.', ok, JSON_TYPE), ...answers.refusals() },
  });
  const ready = healthSchema();
  registry.registerPath({
    ...health,
    path: '/health/ready',
    operationId: 'ready',
    summary: 'Whether requests may be sent: the model is loaded and its golden readings are right',
    responses: {
      ...answers.ok('Ready, perhaps degraded.', ready, JSON_TYPE),
      ...answers.refusals(),
      503: {
        description: 'Not ready.',
        headers: { ...COMMON_HEADERS, ...errorCodeHeader(['draining', 'model_unavailable']) },
        content: { [JSON_TYPE]: { schema: ready } },
      },
    },
  });
}

function healthSchema() {
  const body = z.looseObject({
    ready: z.boolean(),
    state: z.enum(['ok', 'degraded', 'draining', 'model_unavailable']),
    model: z.looseObject({
      name: z.string(),
      version: z.string(),
      digest: z.string(),
      compilerVersion: z.string(),
      golden: z.enum(['passed', 'failed', 'absent']),
      goldenRows: z.int().min(0),
    }),
    dependencies: z.record(z.string(), z.enum(['up', 'down'])),
  });
  return z.object({ body, status: z.enum(['ok', 'fail']) }).openapi({
    description: 'State, model, golden check and dependencies.',
  });
}

export function registerOperation(registry: OpenAPIRegistry, answers: Answers): void {
  registry.registerPath({
    ...NO_KEY,
    method: 'get',
    path: '/metrics',
    operationId: 'metrics',
    tags: ['operation'],
    summary: 'Metrics of the whole cluster for Prometheus',
    description: 'In the text format, or in OpenMetrics where `Accept` prefers it.',
    responses: {
      ...answers.ok('The metrics.', z.string(), 'text/plain', 'application/openmetrics-text'),
      ...answers.refusals('too_many_scrapes', 'primary_unavailable'),
    },
  });
  registry.registerPath({
    ...KEY_NEEDED,
    tags: ['operation'],
    method: 'get',
    path: '/status',
    operationId: 'statusPage',
    summary: "The operator's page",
    responses: {
      ...answers.ok('A page.', z.string(), 'text/html'),
      ...answers.refusals('unauthorized'),
    },
  });
  registry.registerPath({
    ...KEY_NEEDED,
    tags: ['operation'],
    method: 'get',
    path: '/status.json',
    operationId: 'status',
    summary: 'The figures behind it: workers, model, cache, rates, refusals, last errors, settings',
    responses: {
      ...answers.ok('The figures of the whole cluster.', z.looseObject({}), JSON_TYPE),
      ...answers.refusals('unauthorized', 'too_many_scrapes', 'primary_unavailable'),
    },
  });
}

export function registerDocumentation(registry: OpenAPIRegistry, answers: Answers): void {
  const refusals = answers.refusals('unauthorized');
  const page = { ...KEY_PERHAPS, method: 'get' as const, tags: ['documentation'] };
  registry.registerPath({
    ...page,
    path: '/openapi.json',
    operationId: 'openApiDocument',
    summary: 'This document',
    responses: { ...answers.ok('OpenAPI 3.1.', z.looseObject({}), JSON_TYPE), ...refusals },
  });
  registry.registerPath({
    ...page,
    path: '/docs',
    operationId: 'docsPage',
    summary: 'A page that shows it and sends requests',
    responses: { ...answers.ok('A page.', z.string(), 'text/html'), ...refusals },
  });
  registry.registerPath({
    ...page,
    path: '/docs/start.js',
    operationId: 'docsScript',
    summary: 'The script of that page',
    responses: { ...answers.ok('A script.', z.string(), 'text/javascript'), ...refusals },
  });
  registry.registerPath({
    ...page,
    path: '/docs/{file}',
    operationId: 'docsFile',
    summary: 'A file of Swagger UI, which that page uses',
    request: { params: z.object({ file: z.enum([...SWAGGER_FILES.keys()]) }) },
    responses: {
      ...answers.ok('The file.', z.string(), 'text/css', 'text/javascript', 'image/png'),
      304: { description: 'The client has it already.', headers: COMMON_HEADERS },
      ...answers.refusals('unauthorized', 'not_found', 'invalid_path'),
    },
  });
}
