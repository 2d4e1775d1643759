import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  extendZodWithOpenApi,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { LIST_ENTRIES_MAX, READING_FIELDS } from '../model/features/reading-fields.js';
import { REGNO_VERSION } from '../version.js';
import { EXAMPLE_DECISION, EXAMPLE_READING } from './examples.js';
import { REFUSALS, type RefusalReason } from './refusal.js';

extendZodWithOpenApi(z);

type Field = (typeof READING_FIELDS)[number];
type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const JSON_TYPE = 'application/json';

/** The OpenAPI 3.1 document, made from the table of fields and the catalogue of refusals. */
export function createOpenApiDocument(): Document {
  const registry = new OpenAPIRegistry();
  const key = registry.registerComponent('securitySchemes', 'ApiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'x-api-key',
  }).name;
  const secured = [{ [key]: [] }];
  const reading = registry.register('Reading', readingSchema());
  const answer = registry.register('Answer', answerSchema());
  registry.register('Failure', FAILURE);

  registry.registerPath({
    method: 'post',
    path: '/reg/',
    summary: 'Decide which reading of a plate to pick',
    description:
      'Answers with the probability that the reading of the network is the one to pick (`positive`) ' +
      'or that the reading of the camera stays (`negative`). The body may also be a JSON string ' +
      'that holds the JSON of the object. Unknown fields are ignored.',
    operationId: 'decideReading',
    tags: ['decision'],
    security: secured,
    request: {
      headers: z.object({
        'x-request-id': z
          .string()
          .max(64)
          .optional()
          .openapi({ description: 'Comes back in the answer; a fresh one without it.' }),
        traceparent: z
          .string()
          .optional()
          .openapi({ description: 'W3C Trace Context; a valid one is continued.' }),
        'x-request-timeout-ms': z
          .string()
          .regex(/^\d{1,9}$/)
          .optional()
          .openapi({ description: 'After this many milliseconds the answer is of no use.' }),
      }),
      body: {
        required: true,
        content: { [JSON_TYPE]: { schema: reading, example: EXAMPLE_READING } },
      },
    },
    responses: {
      200: {
        description: 'The decision.',
        headers: answerHeaders(),
        content: {
          [JSON_TYPE]: {
            schema: answer,
            example: { body: EXAMPLE_DECISION, status: 'ok' },
          },
        },
      },
      ...failures(
        'bad_request',
        'unauthorized',
        'method_not_allowed',
        'body_too_large',
        'unsupported_media_type',
        'internal',
        'overload_inflight',
      ),
    },
  });
  registerPlainRoutes(registry, secured);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'regno',
      version: REGNO_VERSION,
      description:
        'A road camera and a neural network read the same number plate; where they disagree, ' +
        'regno says which reading to pick.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  });
}

function registerPlainRoutes(
  registry: OpenAPIRegistry,
  security: Record<string, string[]>[],
): void {
  const ok = z.object({ body: z.literal('ok'), status: z.literal('ok') });
  const text = (description: string, schema: z.ZodType, type = JSON_TYPE) => ({
    200: { description, content: { [type]: { schema } } },
  });
  registry.registerPath({
    method: 'get',
    path: '/',
    summary: 'Whether the key is good and the service answers',
    operationId: 'ping',
    tags: ['health'],
    security,
    responses: { ...text('It is.', ok), ...failures('unauthorized') },
  });
  registry.registerPath({
    method: 'get',
    path: '/health/live',
    summary: 'Whether the process answers',
    operationId: 'live',
    tags: ['health'],
    security: [],
    responses: text('It does.', ok),
  });
  const health = z
    .object({ body: z.object({ ready: z.boolean(), state: z.string() }), status: z.string() })
    .openapi({ description: 'State, model, golden check and dependencies.' });
  registry.registerPath({
    method: 'get',
    path: '/health/ready',
    summary: 'Whether requests may be sent: the model is loaded and its golden readings are right',
    operationId: 'ready',
    tags: ['health'],
    security: [],
    responses: {
      ...text('Ready, perhaps degraded.', health),
      503: { description: 'Not ready.', content: { [JSON_TYPE]: { schema: health } } },
    },
  });
  registry.registerPath({
    method: 'get',
    path: '/metrics',
    summary: 'Metrics of the whole cluster for Prometheus',
    operationId: 'metrics',
    tags: ['health'],
    security: [],
    responses: text('Prometheus text.', z.string(), 'text/plain'),
  });
  const page = { tags: ['operation'], security };
  registry.registerPath({
    ...page,
    method: 'get',
    path: '/status',
    summary: "The operator's page; a browser may send the key as the password of HTTP Basic",
    operationId: 'statusPage',
    responses: { ...text('A page.', z.string(), 'text/html'), ...failures('unauthorized') },
  });
  registry.registerPath({
    ...page,
    method: 'get',
    path: '/status.json',
    summary: 'The figures behind it: workers, model, cache, rates, refusals, last errors, settings',
    operationId: 'status',
    responses: {
      ...text('The figures of the whole cluster.', z.object({}).loose()),
      ...failures('unauthorized'),
    },
  });
}

function readingSchema() {
  const shape = Object.fromEntries(READING_FIELDS.map((field) => [field.name, fieldSchema(field)]));
  return z.object(shape).openapi({ description: 'One disagreement: the ten fields, by name.' });
}

function fieldSchema(field: Field): z.ZodType {
  const about = { description: field.description, example: field.example };
  switch (field.kind) {
    case 'text':
    case 'time':
      return z.string().max(field.unitsMax).openapi(about);
    case 'number':
      return z
        .union([z.number(), z.string().openapi({ description: 'the number as text' })])
        .openapi(about);
    case 'number-list':
      return z
        .union([z.string().max(field.unitsMax), z.array(z.number()).max(LIST_ENTRIES_MAX)])
        .openapi(about);
  }
}

function answerSchema() {
  const probability = z.number().min(0).max(1);
  return z.object({
    body: z.object({
      negative: probability.openapi({ description: 'Probability that the camera is right.' }),
      positive: probability.openapi({ description: 'Probability that the network is right.' }),
    }),
    status: z.literal('ok'),
  });
}

const FAILURE = z.object({
  body: z.string().openapi({ description: 'What was wrong, in words.' }),
  status: z.literal('fail'),
});

function failures(...reasons: readonly RefusalReason[]) {
  return Object.fromEntries(
    reasons.map((reason) => {
      const { status, text } = REFUSALS[reason];
      const headers = status === 503 ? { headers: RETRY_AFTER } : {};
      const example = { body: text, status: 'fail' };
      const content = { [JSON_TYPE]: { schema: FAILURE, example } };
      return [status, { description: text, ...headers, content }];
    }),
  );
}

const RETRY_AFTER = {
  'retry-after': { description: 'Seconds to wait.', schema: { type: 'string' as const } },
};

function answerHeaders() {
  const header = (description: string) => ({ description, schema: { type: 'string' as const } });
  return {
    'x-request-id': header("The caller's id, or a fresh one."),
    traceresponse: header('Trace and span of the answer, where the request is part of a trace.'),
    'x-model-name': header('The model that decided.'),
    'x-model-version': header('Its version.'),
    'x-model-digest': header('SHA-256 of its source.'),
    'x-cache': header('`hit` where a cache answered, else `miss`.'),
    'x-answer-source': header(
      '`memory`, `redis`, `shared` (an identical reading in flight) or `model`.',
    ),
  };
}
