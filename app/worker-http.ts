import type { Server } from 'node:http';
import { AcceptQueue } from './cluster/accept-queue.js';
import { acceptFairly } from './cluster/fair-accept.js';
import { connectionsWithin, openFilesLimit } from './cluster/open-files.js';
import type { PrimaryLink } from './cluster/primary-link.js';
import type { Config } from './config/load-config.js';
import { Admission } from './routes/admission.js';
import { createApp } from './routes/create-app.js';
import { createHttpServer } from './routes/http-server.js';
import type { DecideReading } from './serving/decide.js';
import type { FinishedRequest } from './serving/finished-request.js';
import type { DecisionMetrics, ModelIdentity } from './serving/ports.js';
import { SharedRead } from './serving/shared-read.js';
import type { HealthState } from './serving/worker-health.js';
import type { Logger } from './telemetry/logs/logger.js';
import { ClusterMetrics, SCRAPE_INTERVAL_MS } from './telemetry/metrics/cluster-metrics.js';
import type { MetricsRecorder } from './telemetry/metrics/recorder.js';
import { RequestMetrics } from './telemetry/metrics/request-metrics.js';
import type { WorkerLevels } from './telemetry/metrics/worker-report.js';
import type { Telemetry } from './worker-telemetry.js';

/** Far more than there are operators with the page open. */
const STATUS_ASKERS_MAX = 64;

export interface WorkerHttpParts {
  readonly config: Config;
  readonly log: Logger;
  readonly recorder: MetricsRecorder;
  readonly telemetry: Telemetry;
  readonly link: PrimaryLink;
  readonly decider: DecideReading;
  readonly model: ModelIdentity;
  readonly isModelUsable: boolean;
  readonly decisionMetrics: DecisionMetrics;
  readonly isDraining: () => boolean;
  readonly health: () => HealthState;
  /** Writes this worker's counts for the primary, which is about to be asked for them. */
  readonly report: () => void;
  readonly now: () => number;
}

export interface WorkerHttp {
  readonly server: Server;
  readonly levels: () => Omit<WorkerLevels, 'queueLength' | 'cacheEntries'>;
}

/** The HTTP side of a worker; it does not listen yet. */
export function createWorkerHttp(parts: WorkerHttpParts): WorkerHttp {
  const { config, log, recorder, telemetry, decisionMetrics } = parts;
  const requestMetrics = new RequestMetrics(recorder);
  const acceptQueue = new AcceptQueue(config.backlog);
  const admission = new Admission(config.inflightMax);
  const app = createApp({
    decider: parts.decider,
    model: parts.model,
    apiKeys: config.apiKeys,
    docsPublic: config.docsPublic,
    demoKey: config.usesDemoKey ? config.apiKeys[0] : undefined,
    corsOrigins: config.corsOrigins,
    bodyLimitBytes: config.bodyLimitBytes,
    deadlineMs: config.deadlineMs,
    admission,
    arrivals: acceptQueue,
    modelUsable: () => parts.isModelUsable,
    isDraining: parts.isDraining,
    health: parts.health,
    ...readClusterFrom(parts),
    openTrace: telemetry.tracing.open,
    observer: {
      started: () => requestMetrics.started(),
      finished: (request) => {
        requestMetrics.finished(request);
        recordFinished(parts, request);
      },
    },
    onError: (error, { requestId, trace }, kind) => {
      // The batcher counts its own.
      if (kind === 'unexpected') decisionMetrics.internalError(kind);
      const traceId = trace === undefined ? {} : { traceId: trace.traceId };
      telemetry.faults.report('request failed', error, { kind, requestId, ...traceId });
    },
    now: parts.now,
  });
  const { server, connections } = createHttpServer(app, limitsOf(config, log), {
    onRefusal: (reason) => requestMetrics.refusedByParser(reason),
    onConnectionEnd: (reason) => requestMetrics.connectionEnded(reason),
  });
  acceptQueue.watch(server);
  if (config.workers > 1) acceptFairly(server);
  const levels = () => ({
    httpInflight: requestMetrics.inflight,
    readingsInflight: admission.inflight,
    connections: connections.size,
    acceptQueueLimit: acceptQueue.limit,
  });
  return { server, levels };
}

/** Metrics and status of the whole service, which the primary knows. */
function readClusterFrom({ link, report }: WorkerHttpParts) {
  const metrics = new ClusterMetrics(() => {
    report();
    return link.scrape();
  });
  const status = new SharedRead(
    () => {
      report();
      return link.status();
    },
    { intervalMs: SCRAPE_INTERVAL_MS, askersMax: STATUS_ASKERS_MAX },
  );
  return {
    readMetrics: (question: Parameters<ClusterMetrics['read']>[0]) => metrics.read(question),
    readStatus: () => status.ask(),
  };
}

function recordFinished({ telemetry, recorder }: WorkerHttpParts, request: FinishedRequest): void {
  const traced = telemetry.tracing.finished(request);
  telemetry.requestLog.finished(traced);
  const { route, seconds, trace } = traced;
  if (trace?.sampled !== true) return;
  recorder.exemplar({ route, seconds, traceId: trace.traceId, at: Date.now() / 1000 });
}

function limitsOf(config: Config, log: Logger) {
  return {
    connectionsMax: connectionsMax(config.connectionsMax, log),
    connectionsPerAddressMax: config.connectionsPerAddressMax,
    pipelineMax: config.pipelineMax,
    unreadTimeoutMs: config.unreadTimeoutMs,
    keepAliveTimeoutMs: config.keepAliveTimeoutMs,
    headersTimeoutMs: config.headersTimeoutMs,
    bodyTimeoutMs: config.bodyTimeoutMs,
    requestsPerSocketMax: config.requestsPerSocketMax,
  };
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
