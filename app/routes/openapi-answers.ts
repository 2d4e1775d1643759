import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { READING_WARNINGS } from '../plates/reading-warnings.js';
import { ERROR_CODE_HEADER, REFUSALS, type RefusalCode } from './refusal.js';

export const JSON_TYPE = 'application/json';

/** What the server may refuse on any path, before or instead of its handler. */
const ANYWHERE = [
  'malformed_http',
  'method_not_allowed',
  'request_timeout',
  'headers_too_large',
  'internal',
] as const satisfies readonly RefusalCode[];

// The library's own type has an index signature, which an interface does not meet.
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions
type Header = {
  readonly description: string;
  readonly required?: true;
  readonly schema: { type: 'string'; enum?: string[]; pattern?: string };
};

type Headers = Record<string, Header>;

const text = (description: string): Header => ({
  description,
  schema: { type: 'string' as const },
});

/** Headers of every answer. */
export const COMMON_HEADERS: Headers = {
  'x-request-id': {
    ...text("The caller's id where it sent one of 1 to 64 harmless characters, else a fresh one."),
    required: true,
  },
  traceresponse: text('Trace and span of the answer, where the request is part of a trace.'),
};

const ANY_WARNING = READING_WARNINGS.join('|');

/** Headers of a decision. */
export const DECISION_HEADERS: Headers = {
  ...COMMON_HEADERS,
  'x-model-name': text('The model that decided, percent-encoded.'),
  'x-model-version': text('Its version, percent-encoded.'),
  'x-model-digest': text('SHA-256 of the compiled graph that answered.'),
  'x-cache': {
    description: '`hit` where a cache answered, else `miss`.',
    schema: { type: 'string', enum: ['hit', 'miss'] },
  },
  'x-answer-source': {
    description:
      'Where the answer came from; `shared` is the computation of an identical reading in flight.',
    schema: { type: 'string', enum: ['memory', 'redis', 'shared', 'model'] },
  },
  'x-reading-warnings': {
    description:
      'What is odd about a reading that was answered all the same, some of ' +
      `${READING_WARNINGS.join(', ')}, separated by commas; docs/readings.md explains each.`,
    schema: { type: 'string', pattern: `^(?:${ANY_WARNING})(?:,(?:${ANY_WARNING}))*$` },
  },
};

/** Headers that only some refusals carry, by their status. */
const HEADERS_BY_STATUS: Readonly<Record<number, Headers>> = {
  401: {
    'www-authenticate': text('`ApiKey`; on pages `Basic`, with the key as the password.'),
  },
  405: { allow: text('The methods that the path has.') },
  415: {
    accept: text('The media types that would have been accepted.'),
    'accept-encoding': text('The content codings that would have been accepted.'),
  },
  503: {
    'retry-after': {
      description: 'Seconds to wait.',
      required: true,
      schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
    },
  },
};

/** The answers of routes, refusals that are alike as shared components of the document. */
export class Answers {
  readonly #shared = new Map<RefusalCode, ResponseReference>();

  constructor(private readonly registry: OpenAPIRegistry) {
    registry.register('Failure', failureSchema());
  }

  /** A 200 and what it holds. */
  ok(description: string, schema: z.ZodType, ...types: readonly string[]) {
    const content = Object.fromEntries(types.map((type) => [type, { schema }]));
    return { 200: { description, headers: COMMON_HEADERS, content } };
  }

  /** The refusals of a route by their status: those that any route may have, and these. */
  refusals(...codes: readonly RefusalCode[]) {
    const all = [...codes, ...ANYWHERE];
    const statuses = new Set(all.map((code) => REFUSALS[code].status));
    return Object.fromEntries(
      [...statuses].map((status) => {
        const [first, ...others] = all.filter((code) => REFUSALS[code].status === status);
        if (first === undefined) throw new Error(`no refusal has the status ${status}`);
        return [status, others.length === 0 ? this.#sharedOf(first) : refusalOf(first, ...others)];
      }),
    );
  }

  #sharedOf(code: RefusalCode): ResponseReference {
    let reference = this.#shared.get(code);
    if (reference === undefined) {
      reference = this.registry.registerComponent('responses', code, refusalOf(code)).ref;
      this.#shared.set(code, reference);
    }
    return reference;
  }
}

interface ResponseReference {
  readonly $ref: string;
}

/** @param codes of one status */
function refusalOf(...codes: readonly [RefusalCode, ...RefusalCode[]]) {
  const { status } = REFUSALS[codes[0]];
  const texts = new Set(codes.map((code) => REFUSALS[code].text));
  const examples = Object.fromEntries(
    codes.map((code) => [code, { value: { body: REFUSALS[code].text, status: 'fail' } }]),
  );
  return {
    description: [...texts].join('; '),
    headers: { ...COMMON_HEADERS, ...errorCodeHeader(codes), ...HEADERS_BY_STATUS[status] },
    content: { [JSON_TYPE]: { schema: { $ref: '#/components/schemas/Failure' }, examples } },
  };
}

/** @param codes that the answer may carry */
export function errorCodeHeader(codes: readonly RefusalCode[]): Headers {
  const description = 'Why it failed, for programs; docs/errors.md says what each code means.';
  const schema = { type: 'string' as const, enum: [...codes] };
  return { [ERROR_CODE_HEADER]: { description, required: true, schema } };
}

function failureSchema() {
  return z.object({
    body: z.string().openapi({ description: 'What was wrong, in words for people.' }),
    status: z.literal('fail'),
  });
}
