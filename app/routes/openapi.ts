import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  extendZodWithOpenApi,
} from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { REGNO_VERSION } from '../version.js';
import { EXAMPLE_DECISION, EXAMPLE_READING } from './examples.js';
import { Answers, DECISION_HEADERS, JSON_TYPE } from './openapi-answers.js';
import { registerDocumentation, registerHealth, registerOperation } from './openapi-pages.js';
import { readingSchema, readingTextSchema } from './openapi-reading.js';
import { KEY_NEEDED, registerSecurity } from './openapi-security.js';

extendZodWithOpenApi(z);

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;

/** The OpenAPI 3.1 document, made from the table of fields and the catalogue of refusals. */
export function createOpenApiDocument(): Document {
  const registry = new OpenAPIRegistry();
  registerSecurity(registry);
  const answers = new Answers(registry);
  registerDecision(registry, answers);
  registerHealth(registry, answers);
  registerOperation(registry, answers);
  registerDocumentation(registry, answers);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'regno',
      version: REGNO_VERSION,
      description:
        'A road camera and a neural network read the same number plate; where they disagree, ' +
        'regno says which reading to pick.\n\nEvery failure carries a code in the header ' +
        '`x-error-code`; docs/errors.md says what each means and what to do. A path with a slash ' +
        'at its end is the same without it, and `HEAD` is answered as `GET` without the body.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  });
}

function registerDecision(registry: OpenAPIRegistry, answers: Answers): void {
  const reading = registry.register('Reading', readingSchema());
  const readingText = registry.register(
    'ReadingText',
    readingTextSchema('#/components/schemas/Reading'),
  );
  const decision = registry.register('Decision', decisionSchema());
  registry.registerPath({
    ...KEY_NEEDED,
    method: 'post',
    path: '/reg/',
    operationId: 'decideReading',
    tags: ['decision'],
    summary: 'Decide which reading of a plate to pick',
    description:
      'Answers with the probability that the reading of the network is the one to pick ' +
      '(`positive`) or that the reading of the camera stays (`negative`).\n\nThe body is JSON in ' +
      'UTF-8. It may be compressed, with `content-encoding: gzip` or `deflate`; a service takes ' +
      '32,768 bytes of it, unless it is set up otherwise, as they are sent and once they are ' +
      'decompressed.',
    request: {
      headers: requestHeaders(),
      body: {
        required: true,
        content: {
          [JSON_TYPE]: { schema: z.union([reading, readingText]), examples: BODY_EXAMPLES },
        },
      },
    },
    responses: {
      200: {
        description: 'The decision.',
        headers: DECISION_HEADERS,
        content: {
          [JSON_TYPE]: { schema: decision, example: { body: EXAMPLE_DECISION, status: 'ok' } },
        },
      },
      ...answers.refusals(
        'invalid_timeout',
        'invalid_compression',
        'empty_body',
        'invalid_utf8',
        'invalid_json',
        'not_an_object',
        'invalid_fields',
        'unauthorized',
        'body_too_large',
        'unsupported_media_type',
        'unsupported_charset',
        'unsupported_encoding',
        'overload_inflight',
        'overload_queue',
        'deadline',
        'model_unavailable',
      ),
    },
  });
}

const BODY_EXAMPLES = {
  object: { summary: 'A reading', value: EXAMPLE_READING },
  string: { summary: 'The same, encoded twice', value: JSON.stringify(EXAMPLE_READING) },
};

/** No header is refused but the timeout: what is of no use is replaced or ignored. */
function requestHeaders() {
  return z.object({
    'x-request-id': z
      .string()
      .optional()
      .openapi({
        description:
          'Comes back in the answer and stands in the log. One that is longer than 64 characters, or ' +
          'holds others than letters, digits and `_.:@/+=-`, is replaced by a fresh one.',
      }),
    traceparent: z.string().optional().openapi({
      description: 'W3C Trace Context; a valid one is continued, others are ignored.',
    }),
    'x-request-timeout-ms': z
      .string()
      .optional()
      .openapi({
        description:
          'After this many milliseconds the answer is of no use: a reading that still waits then is ' +
          'answered 503.',
        pattern: '^[1-9][0-9]{0,8}$',
      }),
  });
}

function decisionSchema() {
  const probability = z.number().min(0).max(1);
  return z.object({
    body: z.object({
      negative: probability.openapi({
        description: 'Probability that the reading of the camera stays: 1 - `positive`.',
      }),
      positive: probability.openapi({
        description: 'Probability that the reading of the network is the one to pick.',
      }),
    }),
    status: z.literal('ok'),
  });
}
