import type { Server } from 'node:http';
import type { Express } from 'express';
import { SETTINGS } from '../../app/config/schema.js';
import { ReadingKind } from '../../app/plates/reading-kind.js';
import { DEFAULT_RULES, type ReadingRules } from '../../app/plates/reading-rules.js';
import type { Reading } from '../../app/plates/reading.js';
import { Admission } from '../../app/routes/admission.js';
import type { ConnectionEnd } from '../../app/serving/finished-request.js';
import { createApp, type AppParts } from '../../app/routes/create-app.js';
import { createHttpServer, type HttpServerLimits } from '../../app/routes/http-server.js';
import type { FinishedRequest } from '../../app/serving/finished-request.js';
import { continueTrace } from '../../app/serving/trace-context.js';
import { Batcher } from '../../app/serving/batcher.js';
import { Decider } from '../../app/serving/decide.js';
import type {
  DecisionMetrics,
  InputSignals,
  Scorer,
  SharedCache,
} from '../../app/serving/ports.js';
import { API_KEY } from './start-service.js';
import { shippedModel, shippedScorer } from './test-model.js';

export const SILENT_METRICS: DecisionMetrics = {
  stage: () => undefined,
  batch: () => undefined,
  memoryLookUp: () => undefined,
  coalesced: () => undefined,
  decided: () => undefined,
  internalError: () => undefined,
};

export const SILENT_SIGNALS: InputSignals<unknown> = {
  decided: () => undefined,
  refused: () => undefined,
};

export interface TestAppOptions {
  readonly parts?: Partial<AppParts>;
  /** Stands in for the shipped model's scorer. */
  readonly scorer?: Scorer<Reading>;
  /** What is done with readings of odd values; the defaults where absent. */
  readonly rules?: ReadingRules;
  readonly sharedCache?: SharedCache;
  readonly signals?: InputSignals<Reading>;
}

export interface TestApp {
  readonly app: Express;
  /** Faults that were reported, in order. */
  readonly errors: unknown[];
  /** Requests whose answer is out, in order. */
  readonly finished: FinishedRequest[];
}

/** The application around the shipped model in this process, with the service's default limits. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { identity } = await shippedModel();
  const errors: unknown[] = [];
  const finished: FinishedRequest[] = [];
  const now = (): number => performance.now() / 1000;
  const limits = { batchRowsMax: 64, queueRowsMax: 512 };
  const scorer = options.scorer ?? (await shippedScorer());
  const decider = new Decider({
    model: identity,
    kind: new ReadingKind(options.rules ?? DEFAULT_RULES),
    batcher: new Batcher(scorer, limits, SILENT_METRICS, now),
    memoryEntries: 1000,
    sharedCache: options.sharedCache,
    metrics: SILENT_METRICS,
    signals: options.signals ?? SILENT_SIGNALS,
    now,
  });
  const app = createApp({
    decider,
    model: identity,
    apiKeys: [API_KEY, 'second-key'],
    docsPublic: false,
    demoKey: undefined,
    corsOrigins: [],
    bodyLimitBytes: Number(SETTINGS.bodyLimitBytes.fallback),
    deadlineMs: Number(SETTINGS.deadlineMs.fallback),
    admission: new Admission(Number(SETTINGS.inflightMax.fallback)),
    arrivals: { isBacklogged: false, onAbandoned: () => undefined },
    modelUsable: () => true,
    isDraining: () => false,
    health: () => ({
      ready: true,
      state: 'ok',
      model: { ...identity, golden: 'passed', goldenRows: 1 },
      dependencies: {},
    }),
    readMetrics: () =>
      Promise.resolve({
        contentType: 'text/plain',
        body: Buffer.from('# none\n'),
        isGzip: false,
        ageSeconds: 0,
      }),
    readStatus: () => Promise.resolve('{}'),
    openTrace: continueTrace,
    observer: {
      started: () => undefined,
      finished: (request) => finished.push(request),
    },
    onError: (cause) => errors.push(cause),
    now,
    ...options.parts,
  });
  return { app, errors, finished };
}

export interface ListeningApp {
  readonly server: Server;
  readonly port: number;
  /** Why connections were ended by the server, in order. */
  readonly ends: ConnectionEnd[];
  readonly close: () => Promise<void>;
}

/** The application behind the service's own HTTP server, on a free port. */
export async function listenTestApp(
  app: Express,
  limits: Partial<HttpServerLimits> = {},
): Promise<ListeningApp> {
  const ends: ConnectionEnd[] = [];
  const { server } = createHttpServer(
    app,
    {
      connectionsMax: 1000,
      connectionsPerAddressMax: 0,
      pipelineMax: 100,
      unreadTimeoutMs: 5000,
      keepAliveTimeoutMs: 5000,
      headersTimeoutMs: 5000,
      bodyTimeoutMs: 5000,
      requestsPerSocketMax: 0,
      ...limits,
    },
    { onRefusal: () => undefined, onConnectionEnd: (reason) => ends.push(reason) },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { server, port, ends, close };
}
