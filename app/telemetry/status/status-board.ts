import type { FaultNote } from '../errors/faults.js';
import type { MetricId } from '../metrics/catalogue.js';
import type { MetricsTotals } from '../metrics/totals.js';
import { TrafficHistory, type LevelTraffic, type RefusalTraffic, type Traffic } from './traffic.js';
import type { ReloadNote, WorkerView } from './service-views.js';

export interface WorkerStatus extends WorkerView {
  /** Times that this slot's process was started again. */
  readonly restarts: number;
  /** Age of its last report; null before the first. */
  readonly silentSeconds: number | null;
  readonly rssBytes: number | null;
  readonly heapBytes: number | null;
  /** Share of the last second, 0..1. */
  readonly loopUtilization: number | null;
  readonly loopDelaySeconds: number | null;
  readonly inflight: number | null;
  readonly queue: number | null;
  readonly cacheEntries: number | null;
}

export interface ModelStatus {
  readonly name: string;
  readonly version: string;
  /** First 12 hex digits. */
  readonly digest: string;
  readonly workers: number;
  readonly golden: 'passed' | 'failed' | 'absent';
  readonly goldenDifferenceMax: number | null;
}

/** What keeps workers from using a dependency. */
export interface FailingStatus {
  readonly dependency: string;
  /** What fails, e.g. `store`, and why, e.g. `READONLY`. */
  readonly command: string;
  readonly cause: string;
  readonly workers: number;
}

export interface DependencyStatus {
  readonly name: string;
  readonly workersUp: number;
  readonly workers: number;
}

/** A setting as an operator may see it: of a secret only whether it is set. */
export interface SettingStatus {
  readonly variable: string;
  readonly value: string | number | boolean | null;
  readonly unit: string | null;
}

/** All that the operator's page shows. */
export interface StatusDocument {
  /** Unix time, ms. */
  readonly at: number;
  readonly version: string;
  readonly node: string;
  readonly uptimeSeconds: number;
  readonly state: 'ok' | 'degraded' | 'failing';
  /** Why it is not `ok`, in words. */
  readonly reasons: readonly string[];
  readonly workers: readonly WorkerStatus[];
  readonly workersWanted: number;
  readonly models: readonly ModelStatus[];
  /** How the last SIGHUP ended; null before the first. */
  readonly lastReload: ReloadNote | null;
  readonly traffic: Traffic;
  readonly perSecond: readonly Traffic[];
  readonly cache: {
    readonly entries: number;
    readonly coalesced: number;
    readonly levels: readonly LevelTraffic[];
    /** Of the workers' breakers, the one that is furthest open; null without Redis. */
    readonly breaker: 'closed' | 'half-open' | 'open' | null;
  };
  readonly refusals: readonly RefusalTraffic[];
  readonly dependencies: readonly DependencyStatus[];
  readonly failing: readonly FailingStatus[];
  readonly counts: Readonly<Record<string, number>>;
  /** Newest first. */
  readonly faults: readonly FaultNote[];
  readonly settings: readonly SettingStatus[];
}

export interface StatusBoardParts {
  readonly totals: MetricsTotals;
  readonly workers: () => readonly WorkerView[];
  readonly lastReload: () => ReloadNote | undefined;
  /** Why what `MODEL` names does not serve; undefined where it does. */
  readonly modelFault: () => string | undefined;
  readonly workersWanted: number;
  readonly version: string;
  readonly settings: readonly SettingStatus[];
  /** Seconds on a clock that never goes back, from the start of the process. */
  readonly now: () => number;
}

const FAULTS_MAX = 50;
const SAMPLE_INTERVAL_MS = 1000;
const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;
/** A worker that is not stuck writes its values many times a second. */
const SILENT_SECONDS = 10;

/** The operator's view of the cluster, from what the primary counts anyway. */
export class StatusBoard {
  readonly #faults: FaultNote[] = [];
  readonly #traffic: TrafficHistory;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: StatusBoardParts) {
    this.#traffic = new TrafficHistory(parts.totals, parts.now);
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.parts.totals.refresh();
      this.#traffic.sample();
    }, SAMPLE_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Keeps the last ones. */
  fault(fault: FaultNote): void {
    this.#faults.unshift(fault);
    if (this.#faults.length > FAULTS_MAX) this.#faults.pop();
  }

  read(): StatusDocument {
    const { parts } = this;
    parts.totals.refresh();
    const workers = parts.workers().map((handle) => this.#worker(handle));
    const models = this.#models();
    const dependencies = this.#dependencies();
    const lastReload = parts.lastReload() ?? null;
    const failing = this.#failing();
    const reasons = reasonsOf(workers, parts.workersWanted, models, dependencies, failing);
    if (lastReload?.result === 'refused') {
      reasons.push(`the last reload was refused: ${lastReload.reason ?? ''}`);
    }
    const modelFault = parts.modelFault();
    if (modelFault !== undefined) reasons.push(modelFault);
    const serves = workers.some(({ state }) => state === 'ready');
    return {
      at: Date.now(),
      version: parts.version,
      node: process.version,
      uptimeSeconds: parts.now(),
      state: reasons.length === 0 ? 'ok' : serves ? 'degraded' : 'failing',
      reasons,
      workers,
      workersWanted: parts.workersWanted,
      models,
      lastReload,
      traffic: this.#traffic.lastMinute(),
      perSecond: this.#traffic.perSecond(),
      cache: {
        entries: parts.totals.sum('cacheEntries'),
        coalesced: parts.totals.sum('cacheCoalesced'),
        levels: this.#traffic.lookUps(),
        breaker: this.#breaker(),
      },
      refusals: this.#traffic.refusals(),
      dependencies,
      failing,
      counts: this.#counts(),
      faults: this.#faults,
      settings: parts.settings,
    };
  }

  #worker(handle: WorkerView): WorkerStatus {
    const slot = String(handle.slot);
    const own = (id: MetricId): number | null => this.#gauge(id, slot);
    const reportedAt = own('workerReport');
    return {
      ...handle,
      restarts: Math.max(0, this.parts.totals.sum('workerStarts', ([one]) => one === slot) - 1),
      silentSeconds: reportedAt === null ? null : Math.max(0, Date.now() / 1000 - reportedAt),
      rssBytes: own('rssBytes'),
      heapBytes: own('heapBytes'),
      loopUtilization: own('loopUtilization'),
      loopDelaySeconds: this.#gauge('loopDelay', slot, '99'),
      inflight: own('httpInflight'),
      queue: own('queueLength'),
      cacheEntries: own('cacheEntries'),
    };
  }

  /** Workers may serve different models while they are replaced one by one. */
  #models(): ModelStatus[] {
    const models = new Map<string, ModelStatus>();
    for (const { labels } of this.parts.totals.list('modelInfo')) {
      const [slot = '', name = '', version = '', digest = ''] = labels;
      const key = [name, version, digest].join('\n');
      const passed = this.#gauge('goldenPassed', slot);
      const before = models.get(key);
      models.set(key, {
        name,
        version,
        digest,
        workers: (before?.workers ?? 0) + 1,
        golden: passed === null ? 'absent' : passed === 1 ? 'passed' : 'failed',
        goldenDifferenceMax: this.#gauge('goldenDifference', slot),
      });
    }
    return [...models.values()];
  }

  #dependencies(): DependencyStatus[] {
    const byName = new Map<string, DependencyStatus>();
    for (const { labels, values } of this.parts.totals.list('dependencyUp')) {
      const [name = ''] = labels;
      const { workers = 0, workersUp = 0 } = byName.get(name) ?? {};
      const isUp = values[0] === 1;
      byName.set(name, { name, workers: workers + 1, workersUp: workersUp + (isUp ? 1 : 0) });
    }
    return [...byName.values()];
  }

  #failing(): FailingStatus[] {
    const byCause = new Map<string, FailingStatus>();
    for (const { labels, values } of this.parts.totals.list('dependencyFailing')) {
      if (values[0] !== 1) continue;
      const [dependency = '', , command = '', cause = ''] = labels;
      const key = [dependency, command, cause].join(' ');
      const { workers = 0 } = byCause.get(key) ?? {};
      byCause.set(key, { dependency, command, cause, workers: workers + 1 });
    }
    return [...byCause.values()];
  }

  #breaker(): StatusDocument['cache']['breaker'] {
    const states = [...this.parts.totals.list('cacheBreaker')].map(({ values }) => values[0] ?? 0);
    return states.length === 0 ? null : (BREAKER_STATES[Math.max(...states)] ?? null);
  }

  #counts(): Record<string, number> {
    const { totals } = this.parts;
    return {
      requests: totals.sum('httpRequests', ([route]) => route === '/reg/'),
      decisions: totals.sum('decisions'),
      internalErrors: totals.sum('internalErrors'),
      logLines: totals.sum('logLines'),
      logLinesDropped: totals.sum('logLinesDropped'),
      sentryEventsSent: totals.sum('sentryEvents', ([result]) => result === 'sent'),
      sentryEventsDropped: totals.sum('sentryEvents', ([result]) => result === 'dropped'),
      spansExported: totals.sum('traceSpans', ([result]) => result === 'exported'),
      spansLost: totals.sum('traceSpans', ([result]) => result !== 'exported'),
    };
  }

  #gauge(id: MetricId, ...labels: readonly string[]): number | null {
    for (const series of this.parts.totals.list(id)) {
      if (labels.every((label, i) => series.labels[i] === label)) return series.values[0] ?? null;
    }
    return null;
  }
}

function reasonsOf(
  workers: readonly WorkerStatus[],
  wanted: number,
  models: readonly ModelStatus[],
  dependencies: readonly DependencyStatus[],
  failing: readonly FailingStatus[],
): string[] {
  const ready = workers.filter(({ state }) => state === 'ready').length;
  const reasons: string[] = [];
  if (ready < wanted) reasons.push(`${ready} of ${wanted} workers are ready`);
  for (const { slot, silentSeconds, state } of workers) {
    if (state === 'ready' && (silentSeconds ?? 0) > SILENT_SECONDS) {
      reasons.push(`worker ${slot} has been silent for ${Math.round(silentSeconds ?? 0)} s`);
    }
  }
  for (const model of models) {
    if (model.golden === 'failed') reasons.push(`${model.name} failed its golden check`);
  }
  for (const { name, workersUp, workers: all } of dependencies) {
    if (workersUp === all) continue;
    const causes = failing
      .filter(({ dependency }) => dependency === name)
      .map(({ command, cause }) => `${command}: ${cause}`);
    const why = causes.length === 0 ? '' : ` (${causes.join(', ')})`;
    reasons.push(`${name} is out of use for ${all - workersUp} workers${why}`);
  }
  return reasons;
}
