import { MODEL_FD } from './cluster/messages.js';
import { receiveModel } from './cluster/model-pipe.js';
import type { PrimaryLink } from './cluster/primary-link.js';
import type { Config } from './config/load-config.js';
import { ReadingKind } from './plates/reading-kind.js';
import type { ReadingRules } from './plates/reading-rules.js';
import type { Reading } from './plates/reading.js';
import { openModel, type LoadedModel } from './registry/load-model.js';
import { goldenBeside } from './registry/model-files.js';
import { describeGoldenFailure, type GoldenResult } from './serving/golden-check.js';
import { ModelSlot, type PathTracer } from './serving/model-slot.js';
import { OnnxScorer } from './serving/onnx/onnx-scorer.js';
import type { DecisionMetrics, InputSignals, SharedCache } from './serving/ports.js';
import { logModelFault } from './telemetry/logs/log-model-fault.js';
import { closeLogger, type Logger } from './telemetry/logs/logger.js';
import type { MetricsRecorder } from './telemetry/metrics/recorder.js';

/** A model that the primary handed over, with what serving it needs. */
export interface WorkerModel {
  readonly loaded: LoadedModel;
  readonly kind: ReadingKind;
  readonly scorer: OnnxScorer<Reading>;
}

export interface WorkerModelParts {
  readonly config: Config;
  readonly log: Logger;
  readonly link: PrimaryLink;
  readonly rules: ReadingRules;
  readonly decisionMetrics: DecisionMetrics;
  readonly now: () => number;
}

/** Opens what the primary sent; ends the process where that cannot be served, and says why. */
export async function openWorkerModel(parts: WorkerModelParts): Promise<WorkerModel> {
  const { config, log, link, rules, decisionMetrics, now } = parts;
  try {
    const loaded = await openModel(await receiveModel(MODEL_FD));
    const kind = new ReadingKind(rules);
    const { identity, session } = loaded;
    return { loaded, kind, scorer: new OnnxScorer(identity, session, kind, decisionMetrics, now) };
  } catch (error) {
    logModelFault(log, config.model, error);
    const reason = error instanceof Error ? error.message : String(error);
    link.send({ kind: 'unstartable', reason });
    await closeLogger(log);
    process.exit(1);
  }
}

/** Resolves where a worker without a usable model is to refuse readings, and not to be replaced. */
export async function askToRefuse(
  log: Logger,
  link: PrimaryLink,
  golden: GoldenResult,
): Promise<void> {
  const reason = describeGoldenFailure(golden);
  log.error(reason, { ...golden });
  await link.askToListen(reason);
}

export interface WorkerSlotParts {
  readonly config: Config;
  readonly sharedCache: SharedCache | undefined;
  readonly metrics: DecisionMetrics;
  readonly signals: InputSignals<Reading>;
  readonly tracer: PathTracer | undefined;
  readonly now: () => number;
}

export function createSlot({ kind, scorer }: WorkerModel, parts: WorkerSlotParts) {
  const { config, sharedCache, metrics, signals, tracer, now } = parts;
  return new ModelSlot({
    scorer,
    kind,
    limits: { batchRowsMax: config.batchRowsMax, queueRowsMax: config.queueRowsMax },
    memoryEntries: config.memoryCacheEntries,
    sharedCache,
    metrics,
    signals,
    tracer,
    now,
  });
}

/** Says of the model that is served what proves it: in metrics and, where nothing does, in the log. */
export function recordModel(
  recorder: MetricsRecorder,
  log: Logger,
  slot: string,
  { loaded, golden, path }: { loaded: LoadedModel; golden: GoldenResult; path: string },
): void {
  const { name, version, digest } = loaded.identity;
  recorder.gauge('modelInfo', slot, name, version, digest.slice(0, 12)).set(1);
  recorder.gauge('goldenRows', slot).set(golden.rows);
  if (golden.state !== 'absent') {
    recorder.gauge('goldenPassed', slot).set(golden.state === 'passed' ? 1 : 0);
    recorder.gauge('goldenDifference', slot).set(golden.differenceMax);
    return;
  }
  // Once and not by each worker.
  if (slot !== '1') return;
  const unnamed = goldenBeside(path);
  log.warn(
    'the model has no golden readings: nothing proves that it answers as CatBoost does; ' +
      (unnamed === undefined
        ? 'serve a model folder with golden readings (models/README.md)'
        : `name ${unnamed} as golden.file in the manifest (models/README.md)`),
    { model: name, digest },
  );
}
