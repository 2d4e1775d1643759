import { z } from 'zod';
import { isDsn } from './dsn.js';
import {
  environment,
  flag,
  isTimeZone,
  keyList,
  originList,
  ratio,
  redisUrl,
  url,
  whole,
  words,
} from './setting-types.js';

/**
 * Every setting of the service: the environment variable, what it is for, its unit and its default.
 * The frozen {@link Config}, docs/configuration.md and .env.example all come from this table.
 *
 * The names a client of the old service or an operator knows (PORT, API_KEYS, MODEL ...) have no
 * prefix. All others start with `REGNO_`, so that a misspelt one can be told from a stranger's
 * variable and refused.
 */
interface Setting<T extends z.ZodType> {
  readonly env: string;
  readonly about: string;
  readonly unit?: string;
  /** Values of secrets are never printed. */
  readonly secret?: true;
  readonly schema: T;
  /** As an operator would write it; absent where there is none or it depends on the machine. */
  readonly fallback?: string;
  /** Words in place of a fallback. */
  readonly fallbackNote?: string;
}

function setting<T extends z.ZodType>(definition: Setting<T>): Setting<T> {
  return definition;
}

export const SETTINGS = {
  environment: setting({
    env: 'NODE_ENV',
    about:
      '`development`, `production` or `test`. `production` refuses to start without keys of your own, or with weak ones, and asks for a key on the documentation.',
    schema: environment,
    fallback: 'development',
  }),
  port: setting({
    env: 'PORT',
    about:
      'TCP port of the service; 0 takes a free one, logs it, and keeps it until the service ends.',
    schema: whole(0, 65_535),
    fallback: '5000',
  }),
  host: setting({
    env: 'HOST',
    about: 'Address to listen on.',
    schema: z.string().trim().min(1, 'expected an address'),
    fallback: '0.0.0.0',
  }),
  workers: setting({
    env: 'WORKERS',
    about: 'Worker processes.',
    schema: whole(1, 256),
    fallbackNote: 'all cores that the process may use',
  }),
  apiKeys: setting({
    env: 'API_KEYS',
    about:
      'Keys that clients may send as `x-api-key`, separated by commas; two at once let a key be rotated.',
    secret: true,
    schema: keyList,
    fallbackNote: 'the demo key 123321 with a warning; in production the start is refused',
  }),
  apiKeysFile: setting({
    env: 'API_KEYS_FILE',
    about:
      'A file with the keys, one a line or separated by commas; takes the place of `API_KEYS`.',
    schema: z.string().trim().min(1, 'expected a path'),
  }),
  model: setting({
    env: 'MODEL',
    about:
      'The model: a folder with a manifest, a `.cbm` or a compiled `.onnx`; with `REGNO_REGISTRY` also `NAME@ALIAS` or `NAME@VERSION`, such as `pick-regno@champion`.',
    schema: z.string().trim().min(1, 'expected a path'),
    fallback: 'models/pick-regno',
    fallbackNote: 'the shipped model, `models/pick-regno`',
  }),
  registry: setting({
    env: 'REGNO_REGISTRY',
    about: 'Folder of the registry that `MODEL` names a version of (docs/registry.md).',
    schema: z
      .string()
      .trim()
      .regex(/^(?![a-z][\w+.-]*:\/\/)./i, 'expected the path of a folder'),
  }),
  modelCache: setting({
    env: 'REGNO_MODEL_CACHE',
    about:
      'Folder of this host in which the version that serves is kept, for starts while the registry cannot be read; nothing is kept without it.',
    schema: z.string().trim().min(1, 'expected a path'),
  }),
  registryPollMs: setting({
    env: 'REGNO_REGISTRY_POLL_MS',
    about: 'How often the registry is asked whether the alias names another version.',
    unit: 'ms',
    schema: whole(100, 3_600_000),
    fallback: '1000',
  }),
  redisUrl: setting({
    env: 'REDIS_URL',
    about:
      'Redis as the shared second level of the cache; without it only memory is used. Its user needs GETRANGE, SET and SELECT on `regno:*`; a certificate of a CA of your own is trusted through `NODE_EXTRA_CA_CERTS`.',
    secret: true,
    schema: redisUrl,
  }),
  logLevel: setting({
    env: 'LOG_LEVEL',
    about: 'Least severity that is logged.',
    schema: z.enum(['error', 'warn', 'info', 'debug'], 'expected error, warn, info or debug'),
    fallback: 'info',
  }),
  sentryDsn: setting({
    env: 'SENTRY_DSN',
    about: 'Where errors are reported (any Sentry-compatible service); off without it.',
    secret: true,
    schema: z
      .string()
      .trim()
      .refine(isDsn, 'expected a DSN such as https://key@sentry.example/42: key, host and number'),
  }),
  logHmacKey: setting({
    env: 'REGNO_LOG_HMAC_KEY',
    about:
      'Key of the HMAC that stands for a plate in logs; a random one per start without it, so that plates cannot be followed over restarts or hosts.',
    secret: true,
    schema: z.string().min(16, 'expected at least 16 characters'),
    fallbackNote: 'random per start',
  }),
  logSampleRatio: setting({
    env: 'REGNO_LOG_SAMPLE_RATIO',
    about: 'Share of successful requests that are logged.',
    schema: ratio(),
    fallback: '0.001',
  }),
  logLinesPerSecond: setting({
    env: 'REGNO_LOG_LINES_PER_SECOND',
    about: 'Request log lines a worker writes at the most; the rest is counted as dropped.',
    schema: whole(1, 100_000),
    fallback: '50',
  }),
  slowRequestMs: setting({
    env: 'REGNO_SLOW_REQUEST_MS',
    about: 'A request that takes longer is logged.',
    unit: 'ms',
    schema: whole(1, 600_000),
    fallback: '250',
  }),
  otlpUrl: setting({
    env: 'REGNO_OTLP_URL',
    about:
      "Collector that traces are sent to (OTLP over HTTP, JSON), e.g. `http://collector:4318`; `/v1/traces` is added to a URL without a path. Without it no trace is recorded, and a caller's `traceparent` is still answered.",
    secret: true,
    schema: url('http', 'https'),
  }),
  traceSampleRatio: setting({
    env: 'REGNO_TRACE_SAMPLE_RATIO',
    about:
      'Share of requests that are traced where the caller has not decided by `traceparent`; answers of 500 and above are traced as well.',
    schema: ratio(),
    fallback: '0.01',
  }),
  docsPublic: setting({
    env: 'REGNO_DOCS_PUBLIC',
    about:
      'Whether `/docs` and `/openapi.json` open without a key. With a key they take `x-api-key` or HTTP Basic (the key as password).',
    schema: flag,
    fallbackNote: 'true outside production, false in production',
  }),
  corsOrigins: setting({
    env: 'REGNO_CORS_ORIGINS',
    about:
      'Origins whose pages may call the service from a browser (CORS), separated by commas, e.g. `https://app.example`; `*` for all. Without it none may: a preflight (`OPTIONS`), which has no key, is answered 401.',
    schema: originList,
  }),
  strict: setting({
    env: 'REGNO_STRICT',
    about:
      'Whether readings are refused whose values no sound client can mean (scores of the network outside 0 to 1, lists with decimal commas); `false` answers them as the old service did, with a warning. See docs/readings.md.',
    schema: flag,
    fallback: 'true',
  }),
  normalise: setting({
    env: 'REGNO_NORMALISE',
    about:
      'How plates are respelt before they are scored: some of `trim` (no blanks around), `upper` (no lower case), `lookalikes` (Cyrillic letters for Latin and Greek ones that look the same), separated by commas. Without it plates stay as they are.',
    schema: words(['trim', 'upper', 'lookalikes']),
  }),
  timeZone: setting({
    env: 'REGNO_TIME_ZONE',
    about:
      'Where `time_check` is local time, as the IANA data base names it, e.g. `Europe/Moscow`. With it times in ISO 8601 are accepted, and one with an offset becomes local time; without it they are refused.',
    schema: z
      .string()
      .trim()
      .refine(isTimeZone, 'expected a time zone of the IANA data base such as Europe/Moscow'),
  }),
  bodyLimitBytes: setting({
    env: 'REGNO_BODY_LIMIT_BYTES',
    about: 'Largest accepted body.',
    unit: 'bytes',
    schema: whole(1024, 1_048_576),
    fallback: '32768',
  }),
  batchRowsMax: setting({
    env: 'REGNO_BATCH_ROWS_MAX',
    about: 'Readings scored in one run of the graph.',
    unit: 'readings',
    schema: whole(1, 1024),
    fallback: '1024',
  }),
  queueRowsMax: setting({
    env: 'REGNO_QUEUE_ROWS_MAX',
    about: 'Readings of a worker that may wait for a batch; more are answered 503.',
    unit: 'readings',
    schema: whole(1, 100_000),
    fallback: '1024',
  }),
  inflightMax: setting({
    env: 'REGNO_INFLIGHT_MAX',
    about:
      'Readings of a worker between key and answer; more are answered 503 before their body is read.',
    unit: 'readings',
    schema: whole(1, 100_000),
    fallback: '1024',
  }),
  deadlineMs: setting({
    env: 'REGNO_DEADLINE_MS',
    about:
      'Time after which a request that still waits is answered 503; a client may ask for less with `x-request-timeout-ms`.',
    unit: 'ms',
    schema: whole(1, 600_000),
    fallback: '2000',
  }),
  memoryCacheEntries: setting({
    env: 'REGNO_MEMORY_CACHE_ENTRIES',
    about: 'Answers that a worker keeps in memory; 0 turns this level off.',
    unit: 'answers',
    schema: whole(0, 10_000_000),
    fallback: '10000',
  }),
  cacheTtlSeconds: setting({
    env: 'REGNO_CACHE_TTL_SECONDS',
    about: 'How long Redis keeps an answer.',
    unit: 's',
    schema: whole(1, 31_536_000),
    fallback: '3600',
  }),
  redisTimeoutMs: setting({
    env: 'REGNO_REDIS_TIMEOUT_MS',
    about: 'A look-up that takes longer counts as a miss.',
    unit: 'ms',
    schema: whole(1, 1000),
    fallback: '5',
  }),
  backlog: setting({
    env: 'REGNO_BACKLOG',
    about:
      'New connections that may wait in the system until a worker takes them. While clients give up before they are taken, workers set it lower themselves, down to 8.',
    schema: whole(1, 65_535),
    fallback: '511',
  }),
  connectionsMax: setting({
    env: 'REGNO_CONNECTIONS_MAX',
    about:
      'Connections of a worker at a time. At the limit a new one takes the place of the one that was idle for the longest time among those that have not shown a key.',
    unit: 'connections',
    schema: whole(1, 1_000_000),
    fallbackNote: '10000, or what the limit on open files leaves',
  }),
  connectionsPerAddressMax: setting({
    env: 'REGNO_CONNECTIONS_PER_ADDRESS_MAX',
    about:
      'Connections of a worker from one address at a time; 0 for no limit, as behind a load balancer all come from one.',
    unit: 'connections',
    schema: whole(0, 1_000_000),
    fallback: '0',
  }),
  pipelineMax: setting({
    env: 'REGNO_PIPELINE_MAX',
    about:
      'Requests of one connection that may wait for their answers; the answer to the last one closes the connection. 10 at most before the first valid key.',
    unit: 'requests',
    schema: whole(1, 10_000),
    fallback: '100',
  }),
  unreadTimeoutMs: setting({
    env: 'REGNO_UNREAD_TIMEOUT_MS',
    about: 'A client that reads nothing of its answer for so long is cut off.',
    unit: 'ms',
    schema: whole(100, 600_000),
    fallback: '10000',
  }),
  keepAliveTimeoutMs: setting({
    env: 'REGNO_KEEP_ALIVE_TIMEOUT_MS',
    about: 'How long an idle connection is kept; longer than that of the load balancer in front.',
    unit: 'ms',
    schema: whole(1000, 3_600_000),
    fallback: '75000',
  }),
  headersTimeoutMs: setting({
    env: 'REGNO_HEADERS_TIMEOUT_MS',
    about: 'Time a client has to send the head of a request.',
    unit: 'ms',
    schema: whole(100, 600_000),
    fallback: '10000',
  }),
  bodyTimeoutMs: setting({
    env: 'REGNO_BODY_TIMEOUT_MS',
    about: 'Time a client has to send a whole request.',
    unit: 'ms',
    schema: whole(100, 600_000),
    fallback: '15000',
  }),
  requestsPerSocketMax: setting({
    env: 'REGNO_REQUESTS_PER_SOCKET_MAX',
    about:
      'Requests after which a connection is closed, so that connections spread over workers; 0 for no limit.',
    schema: whole(0, 100_000_000),
    fallback: '10000',
  }),
  startTimeoutMs: setting({
    env: 'REGNO_START_TIMEOUT_MS',
    about:
      'Time that a worker has to become ready before it is killed. Where for so long no worker at all listens, at the start or later, the service ends with exit code 1.',
    unit: 'ms',
    schema: whole(1000, 3_600_000),
    fallback: '60000',
  }),
  hangTimeoutMs: setting({
    env: 'REGNO_HANG_TIMEOUT_MS',
    about:
      'A worker whose event loop stands still for so long (stopped, in an endless loop) is killed and replaced.',
    unit: 'ms',
    schema: whole(2000, 3_600_000),
    fallback: '10000',
  }),
  drainDelayMs: setting({
    env: 'REGNO_DRAIN_DELAY_MS',
    about: 'Time between "not ready" and closing, for a load balancer to notice.',
    unit: 'ms',
    schema: whole(0, 300_000),
    fallback: '0',
  }),
  drainTimeoutMs: setting({
    env: 'REGNO_DRAIN_TIMEOUT_MS',
    about: 'Time that requests in flight have at a stop.',
    unit: 'ms',
    schema: whole(100, 600_000),
    fallback: '10000',
  }),
} as const;

export type SettingId = keyof typeof SETTINGS;
