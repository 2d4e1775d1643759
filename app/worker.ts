import type { RedisCache } from './cache/redis-cache.js';
import type { StopTimes } from './cluster/listen.js';
import { COUNTERS_FD, SLOT_VARIABLE } from './cluster/messages.js';
import { processChannel, PrimaryLink } from './cluster/primary-link.js';
import type { Config } from './config/load-config.js';
import { createReadingRules } from './plates/reading-rules.js';
import type { Reading } from './plates/reading.js';
import type { GoldenResult } from './serving/golden-check.js';
import type { ModelSlot } from './serving/model-slot.js';
import type { DecisionMetrics } from './serving/ports.js';
import { WorkerHealth } from './serving/worker-health.js';
import { closeLogger, type Logger } from './telemetry/logs/logger.js';
import { CameraMetrics } from './telemetry/metrics/camera-metrics.js';
import { SharedCounters } from './telemetry/metrics/shared-counters.js';
import { createDecisionMetrics } from './telemetry/metrics/decision-metrics.js';
import { ProcessMetrics } from './telemetry/metrics/process-metrics.js';
import { MetricsRecorder } from './telemetry/metrics/recorder.js';
import { WorkerReport } from './telemetry/metrics/worker-report.js';
import { connectCache } from './worker-cache.js';
import { createWorkerHttp } from './worker-http.js';
import { askToRefuse, createSlot, openWorkerModel, recordModel } from './worker-model.js';
import { WorkerServe } from './worker-serve.js';
import { createTelemetry, createWorkerLog, type Telemetry } from './worker-telemetry.js';

const now = (): number => performance.now() / 1000;

/** Composition root of a worker process: everything that serves requests is put together here. */
export async function runWorker(config: Config): Promise<void> {
  const slot = process.env[SLOT_VARIABLE] ?? '1';
  const recorder = new MetricsRecorder();
  const log = createWorkerLog(config, slot, recorder);
  try {
    await new WorkerProcess(config, slot, recorder, log).run();
  } catch (error) {
    log.error('the worker cannot start', { error });
    await closeLogger(log);
    process.exit(1);
  }
}

/** What decides readings, and what watches it. */
interface DecisionPath {
  readonly modelSlot: ModelSlot<Reading>;
  readonly golden: GoldenResult;
  readonly telemetry: Telemetry;
  readonly redis: RedisCache | undefined;
}

/** A worker from its start to its end. */
class WorkerProcess {
  readonly #health = new WorkerHealth();
  readonly #cameras: CameraMetrics;
  readonly #decisionMetrics: DecisionMetrics;
  readonly #link: PrimaryLink;
  #keptPort: number;
  /** There once it listens. */
  #serve: WorkerServe | undefined;

  constructor(
    private readonly config: Config,
    private readonly slot: string,
    private readonly recorder: MetricsRecorder,
    private readonly log: Logger,
  ) {
    this.#keptPort = config.port;
    this.#cameras = new CameraMetrics(recorder);
    this.#decisionMetrics = createDecisionMetrics(recorder);
    this.#link = new PrimaryLink(processChannel(), {
      drain: () => {
        if (this.#health.isDraining) return;
        this.#health.drain();
        this.#serve?.drain();
      },
      cameras: (named) => this.#cameras.name(named),
      port: (kept) => (this.#keptPort = kept),
    });
  }

  async run(): Promise<void> {
    const path = await this.#openPath();
    const { host, port, backlog, drainDelayMs, drainTimeoutMs } = this.config;
    const serve = this.#createServe(path, { drainDelayMs, drainTimeoutMs });
    await serve.start({ host, port, backlog }, () => this.#keptPort, {
      usable: path.golden.state !== 'failed',
      model: path.modelSlot.model,
    });
    this.#serve = serve;
    // The primary may have asked for it before there was anything to stop.
    if (this.#health.isDraining) serve.drain();
  }

  async #openPath(): Promise<DecisionPath> {
    const { config, slot, recorder, log } = this;
    const { strict, normalise, timeZone } = config;
    const rules = createReadingRules({ strict, normalise, timeZone });
    const common = { config, slot, recorder, log, link: this.#link, rules, now };
    const metrics = this.#decisionMetrics;
    const model = await openWorkerModel({ ...common, decisionMetrics: metrics });
    const { loaded } = model;
    const telemetry = await createTelemetry({
      ...common,
      model: loaded.identity,
      note: (fault) => this.#link.send({ kind: 'fault', fault }),
      sendTraces: (records) => this.#link.send({ kind: 'traces', records }),
    });
    const redis = await connectCache(config, { ...common, health: this.#health });
    const modelSlot = createSlot(model, {
      config,
      sharedCache: redis,
      metrics,
      signals: this.#cameras,
      tracer: telemetry.tracing.stages,
      now,
    });
    const golden = await modelSlot.prove(loaded.golden, loaded.goldenTolerance);
    recordModel(recorder, log, slot, { loaded, golden, path: config.model });
    if (golden.state === 'failed') await askToRefuse(log, this.#link, golden);
    return { modelSlot, golden, telemetry, redis };
  }

  #createServe({ modelSlot, golden, telemetry, redis }: DecisionPath, times: StopTimes) {
    const { config, slot, recorder, log } = this;
    const common = { slot, recorder, log, link: this.#link, telemetry };
    const report: WorkerReport = new WorkerReport({
      ...common,
      counters: new SharedCounters(COUNTERS_FD),
      cameras: this.#cameras,
      levels: () => ({ ...http.levels(), ...modelSlot.levels() }),
      sendSeries: (series) => this.#link.send({ kind: 'series', series }),
      faults: telemetry.faults,
    });
    const http = createWorkerHttp({
      ...common,
      config,
      decider: modelSlot.decider,
      model: modelSlot.model,
      isModelUsable: golden.state !== 'failed',
      decisionMetrics: this.#decisionMetrics,
      isDraining: () => this.#health.isDraining,
      health: () => this.#health.of(modelSlot.model, golden),
      report: () => report.write(),
      now,
    });
    const processMetrics = new ProcessMetrics(recorder, slot);
    return new WorkerServe(
      { ...common, server: http.server, report, processMetrics, redis },
      times,
    );
  }
}
