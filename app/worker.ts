import { Server as NetServer } from 'node:net';
import type { Server } from 'node:http';
import { AcceptQueue } from './cluster/accept-queue.js';
import { acceptFairly } from './cluster/fair-accept.js';
import { processChannel, PrimaryLink } from './cluster/primary-link.js';
import { CELLS_FD, MODEL_FD, SLOT_VARIABLE } from './cluster/messages.js';
import { startBeat } from './cluster/start-beat.js';
import { receiveModel } from './cluster/model-pipe.js';
import { openModel, type LoadedModel } from './registry/load-model.js';
import { goldenBeside } from './registry/model-files.js';
import { logModelFault } from './telemetry/logs/log-model-fault.js';
import { closeLogger, type Logger } from './telemetry/logs/logger.js';
import { CellsFile } from './telemetry/metrics/cells-file.js';
import { CameraMetrics } from './telemetry/metrics/camera-metrics.js';
import { ClusterMetrics, SCRAPE_INTERVAL_MS } from './telemetry/metrics/cluster-metrics.js';
import { createDecisionMetrics } from './telemetry/metrics/decision-metrics.js';
import { MetricsRecorder } from './telemetry/metrics/recorder.js';
import { createRedisMetrics } from './telemetry/metrics/redis-metrics.js';
import { connectionsWithin, openFilesLimit } from './cluster/open-files.js';
import { OnnxScorer } from './serving/onnx/onnx-scorer.js';
import { describePortHolders } from './cluster/port-holders.js';
import { ProcessMetrics } from './telemetry/metrics/process-metrics.js';
import type { RedisCache } from './cache/redis-cache.js';
import { RequestMetrics } from './telemetry/metrics/request-metrics.js';
import type { Config } from './config/load-config.js';
import { parseRedisUrl } from './config/redis-url.js';
import { ReadingKind } from './plates/reading-kind.js';
import { createReadingRules } from './plates/reading-rules.js';
import type { Reading } from './plates/reading.js';
import { Admission } from './routes/admission.js';
import { createApp } from './routes/create-app.js';
import type { HealthState } from './routes/health.js';
import { createHttpServer } from './routes/http-server.js';
import type { FinishedRequest } from './serving/finished-request.js';
import { ModelSlot } from './serving/model-slot.js';
import type { RequestTrace } from './serving/trace-context.js';
import { SharedRead } from './serving/shared-read.js';
import { describeGoldenFailure, type GoldenResult } from './serving/golden-check.js';
import { createTelemetry, createWorkerLog } from './worker-telemetry.js';

/** Cells are written this often, so that a killed worker takes next to nothing with it. */
const REPORT_INTERVAL_MS = 40;
/** Exemplars go by message, and one of each bucket a second is enough. */
const REPORTS_PER_EXEMPLARS = 25;
/** Idle connections stay open this long at a stop, for requests that are already on their way. */
const IDLE_GRACE_MS = 1000;

/** Far more than there are operators with the page open. */
const STATUS_ASKERS_MAX = 64;

const now = (): number => performance.now() / 1000;

/** Composition root of a worker process: everything that serves requests is put together here. */
export async function runWorker(config: Config): Promise<void> {
  const slot = process.env[SLOT_VARIABLE] ?? '1';
  const recorder = new MetricsRecorder();
  const log = createWorkerLog(config, slot, recorder);
  try {
    await serve(config, slot, recorder, log);
  } catch (error) {
    log.error('the worker cannot start', { error });
    await closeLogger(log);
    process.exit(1);
  }
}

async function serve(
  config: Config,
  slot: string,
  recorder: MetricsRecorder,
  log: Logger,
): Promise<void> {
  let draining = false;
  let { port } = config;
  let reports = 0;
  const cells = new CellsFile(CELLS_FD);
  const cameras = new CameraMetrics(recorder);
  const link = new PrimaryLink(processChannel(), {
    drain: () => void drain(),
    cameras: (named) => cameras.name(named),
    port: (kept) => (port = kept),
  });

  const rules = createReadingRules(config);
  const kind = new ReadingKind(rules);
  let loaded: LoadedModel;
  let scorer: OnnxScorer<Reading>;
  const decisionMetrics = createDecisionMetrics(recorder);
  try {
    loaded = await openModel(await receiveModel(MODEL_FD));
    scorer = new OnnxScorer(loaded.identity, loaded.session, kind, decisionMetrics, now);
  } catch (error) {
    logModelFault(log, config.model, error);
    link.send({ kind: 'unstartable', reason: messageOf(error) });
    await closeLogger(log);
    process.exit(1);
  }
  const { identity } = loaded;
  const { faults, requestLog, tracing, flush } = await createTelemetry({
    config,
    slot,
    recorder,
    log,
    model: identity,
    rules,
    note: (fault) => link.send({ kind: 'fault', fault }),
    sendTraces: (records) => link.send({ kind: 'traces', records }),
    now,
  });
  let redisUp: boolean | undefined;
  const redis = config.redisUrl === undefined ? undefined : await connectRedis(config.redisUrl);
  const modelSlot = new ModelSlot({
    scorer,
    kind,
    limits: { batchRowsMax: config.batchRowsMax, queueRowsMax: config.queueRowsMax },
    memoryEntries: config.memoryCacheEntries,
    sharedCache: redis,
    metrics: decisionMetrics,
    signals: cameras,
    tracer: tracing.stages,
    now,
  });
  const golden = await modelSlot.prove(loaded.golden, loaded.goldenTolerance);
  tellModel(recorder, slot, loaded, golden);
  // Once and not by each worker.
  if (golden.state === 'absent' && slot === '1') {
    const unnamed = goldenBeside(config.model);
    log.warn(
      'the model has no golden readings: nothing proves that it answers as CatBoost does; ' +
        (unnamed === undefined
          ? 'serve a model folder with golden readings (models/README.md)'
          : `name ${unnamed} as golden.file in the manifest (models/README.md)`),
      { model: identity.name, digest: identity.digest },
    );
  }
  const usable = golden.state !== 'failed';
  if (!usable) {
    const reason = describeGoldenFailure(golden);
    log.error(reason, { ...golden });
    await link.askToListen(reason);
  }

  const requestMetrics = new RequestMetrics(recorder);
  const acceptQueue = new AcceptQueue(config.backlog);
  const admission = new Admission(config.inflightMax);
  const clusterMetrics = new ClusterMetrics(() => {
    report();
    return link.scrape();
  });
  const clusterStatus = new SharedRead(
    () => {
      report();
      return link.status();
    },
    { intervalMs: SCRAPE_INTERVAL_MS, askersMax: STATUS_ASKERS_MAX },
  );
  const app = createApp({
    decider: modelSlot,
    model: identity,
    apiKeys: config.apiKeys,
    docsPublic: config.docsPublic,
    demoKey: config.usesDemoKey ? config.apiKeys[0] : undefined,
    corsOrigins: config.corsOrigins,
    bodyLimitBytes: config.bodyLimitBytes,
    deadlineMs: config.deadlineMs,
    admission,
    arrivals: acceptQueue,
    modelUsable: () => usable,
    isDraining: () => draining,
    health,
    readMetrics: (question) => clusterMetrics.read(question),
    readStatus: () => clusterStatus.ask(),
    openTrace: tracing.open,
    observer: {
      started: () => requestMetrics.started(),
      finished: (request) => {
        requestMetrics.finished(request);
        const traced = tracing.finished(request);
        requestLog.finished(traced);
        if (traced.trace?.sampled === true) tellExemplar(recorder, traced, traced.trace);
      },
    },
    onError: (error, { requestId, trace }, kind) => {
      // The batcher counts its own.
      if (kind === 'unexpected') decisionMetrics.internalError(kind);
      const traceId = trace === undefined ? {} : { traceId: trace.traceId };
      faults.tell('request failed', error, { kind, requestId, ...traceId });
    },
    now,
  });
  const { server, connections } = createHttpServer(
    app,
    { ...config, connectionsMax: connectionsMax(config.connectionsMax, log) },
    {
      onRefusal: (reason) => requestMetrics.refusedByParser(reason),
      onConnectionEnd: (reason) => requestMetrics.connectionEnded(reason),
    },
  );
  acceptQueue.watch(server);
  if (config.workers > 1) acceptFairly(server);

  const processMetrics = new ProcessMetrics(recorder, slot);
  processMetrics.start();
  const reportTimer = setInterval(report, REPORT_INTERVAL_MS).unref();
  process.on('uncaughtException', (error) => void die(error));
  process.on('unhandledRejection', (error) => void die(error));
  try {
    await listen(server, config, config.port);
    if (port !== 0 && port !== portOf(server)) {
      // All workers had ended, and the system has chosen another port. It was asked first, as the
      // socket of workers that live is found under the 0 that they asked for, and no other way.
      NetServer.prototype.close.call(server);
      await listen(server, config, port);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const holders = code === 'EADDRINUSE' ? describePortHolders(port) : undefined;
    const cause = holders === undefined ? String(code) : `${String(code)}, ${holders}`;
    const advice =
      port === config.port
        ? 'set HOST and PORT to what is free'
        : 'another program has taken the port that the service had; restart the service, or set PORT';
    const reason = `cannot listen on ${config.host}:${port} (${cause}); ${advice}`;
    log.error(reason);
    link.send({ kind: 'unstartable', reason });
    await finish(1);
    return;
  }
  link.send({ kind: 'ready', usable, model: identity });
  startBeat(link);

  function health(): HealthState {
    const degraded = redisUp === false;
    const state = draining
      ? 'draining'
      : !usable
        ? 'model_unavailable'
        : degraded
          ? 'degraded'
          : 'ok';
    return {
      ready: usable && !draining,
      state,
      model: { ...identity, golden: golden.state, goldenRows: golden.rows },
      dependencies: redisUp === undefined ? {} : { redis: redisUp ? 'up' : 'down' },
    };
  }

  function report(): void {
    recorder.gauge('httpInflight', slot).set(requestMetrics.inflight);
    recorder.gauge('readingsInflight', slot).set(admission.inflight);
    recorder.gauge('connections', slot).set(connections.size);
    recorder.gauge('queueLength', slot).set(modelSlot.queueLength);
    recorder.gauge('acceptQueueLimit', slot).set(acceptQueue.limit);
    recorder.gauge('cacheEntries', slot).set(modelSlot.memoryEntries);
    recorder.gauge('workerReport', slot).set(Date.now() / 1000);
    cameras.settle();
    try {
      cells.write(recorder.cells());
    } catch (error) {
      faults.tell('the counts cannot be written for the primary', error, { kind: 'unexpected' });
      return;
    }
    reports += 1;
    const names = recorder.takeNames(reports % REPORTS_PER_EXEMPLARS === 0);
    if (names !== undefined) link.send({ kind: 'cells', names });
  }

  async function connectRedis(url: string): Promise<RedisCache> {
    const { RedisCache } = await import('./cache/redis-cache.js');
    redisUp = false;
    const cache = new RedisCache({
      address: parseRedisUrl(url),
      timeoutMs: config.redisTimeoutMs,
      ttlSeconds: config.cacheTtlSeconds,
      ...createRedisMetrics(recorder, slot, (failure) => {
        redisUp = failure === undefined;
        link.send({ kind: 'redis', failure });
      }),
    });
    cache.start();
    return cache;
  }

  async function drain(): Promise<void> {
    if (draining) return;
    draining = true;
    await stopServer(server, config);
    await finish(0);
  }

  async function die(error: unknown): Promise<void> {
    recorder.counter('internalErrors', 'uncaught').inc();
    faults.tell('the worker cannot go on', error, { kind: 'uncaught' });
    await finish(1);
  }

  async function finish(exitCode: number): Promise<void> {
    processMetrics.stop();
    await redis?.stop();
    await flush();
    clearInterval(reportTimer);
    report();
    tracing.stop();
    await closeLogger(log);
    // The last report must be out before the channel closes.
    setImmediate(() => process.exit(exitCode));
  }
}

/** More than the limit on open files leaves would end in a worker that can open nothing at all. */
function connectionsMax(wanted: number | undefined, log: Logger): number {
  const possible = connectionsWithin(openFilesLimit(), wanted);
  if (wanted !== undefined && possible < wanted) {
    log.warn('fewer connections than REGNO_CONNECTIONS_MAX: the limit on open files is too low', {
      possible,
    });
  }
  return possible;
}

function listen(server: Server, config: Config, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, config.host, config.backlog, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}

/**
 * Stops without losing a request: new connections are refused, answers say `connection: close`, and
 * an idle connection is kept for a moment, as its next request may already be on its way.
 */
async function stopServer(server: Server, config: Config): Promise<void> {
  await sleep(config.drainDelayMs);
  const closed = new Promise<void>((resolve) => {
    // http.Server's own close() also closes idle connections, at once.
    NetServer.prototype.close.call(server, () => resolve());
  });
  const idle = setTimeout(() => server.closeIdleConnections(), IDLE_GRACE_MS);
  const deadline = setTimeout(() => server.closeAllConnections(), config.drainTimeoutMs);
  await closed;
  clearTimeout(idle);
  clearTimeout(deadline);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function tellExemplar(
  recorder: MetricsRecorder,
  { route, seconds }: FinishedRequest,
  { traceId }: RequestTrace,
): void {
  recorder.exemplar({ route, seconds, traceId, at: Date.now() / 1000 });
}

function tellModel(
  recorder: MetricsRecorder,
  slot: string,
  loaded: LoadedModel,
  golden: GoldenResult,
): void {
  const { name, version, digest } = loaded.identity;
  recorder.gauge('modelInfo', slot, name, version, digest.slice(0, 12)).set(1);
  recorder.gauge('goldenRows', slot).set(golden.rows);
  if (golden.state === 'absent') return;
  recorder.gauge('goldenPassed', slot).set(golden.state === 'passed' ? 1 : 0);
  recorder.gauge('goldenDifference', slot).set(golden.differenceMax);
}
