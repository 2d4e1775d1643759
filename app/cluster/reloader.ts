import type { ModelIdentity } from '../serving/ports.js';
import type { Logger } from '../telemetry/logs/logger.js';
import type { MetricsTotals } from '../telemetry/metrics/totals.js';
import type { ModelFiles } from '../registry/model-files.js';
import type { ReloadNote } from '../telemetry/status/service-views.js';
import type { RollEnd } from './rolling-restart.js';

export interface ReloaderParts {
  /** Reads what `MODEL` names now. */
  readonly read: () => Promise<ModelFiles>;
  /** Replaces all workers by ones with this model, or none. */
  readonly roll: (model: ModelFiles) => Promise<RollEnd>;
  /** The model that is served. */
  readonly served: () => ModelIdentity | undefined;
  readonly totals: MetricsTotals;
  readonly log: Logger;
}

/** Reloads on request, one after the other, and not before the service has started. */
export class Reloader {
  #hasStarted = false;
  #isRunning = false;
  #isRequested = false;
  #last: ReloadNote | undefined;

  constructor(private readonly parts: ReloaderParts) {
    for (const result of ['done', 'refused']) parts.totals.add('reloads', [result], 0);
    parts.totals.set('lastReloadSuccessful', [], 1);
  }

  get last(): ReloadNote | undefined {
    return this.#last;
  }

  /** Requests that come before the start or another reload has ended are met once, afterwards. */
  request(): void {
    this.#isRequested = true;
    if (this.#hasStarted && !this.#isRunning) void this.#run();
    else this.parts.log.info('the reload waits until the start or reload under way has ended');
  }

  serviceHasStarted(): void {
    this.#hasStarted = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isRequested) {
      this.#isRequested = false;
      await this.#reload();
    }
    this.#isRunning = false;
  }

  async #reload(): Promise<void> {
    const { log, totals, served } = this.parts;
    log.info('replacing the workers one by one');
    const from = nameOf(served());
    const end = await this.#roll();
    if (end.result === 'stopped') return;
    const isDone = end.result === 'done';
    const to = isDone ? nameOf(served()) : null;
    const reason = isDone ? null : end.reason;
    this.#last = { at: Date.now(), result: end.result, from, to, reason };
    totals.add('reloads', [end.result], 1);
    totals.set('lastReloadSuccessful', [], isDone ? 1 : 0);
    if (isDone) log.info('reload done', { from, to });
    else log.error('reload refused: the model before it stays in place', { from, reason });
  }

  async #roll(): Promise<RollEnd> {
    try {
      return await this.parts.roll(await this.parts.read());
    } catch (error) {
      return { result: 'refused', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}

function nameOf(model: ModelIdentity | undefined): string | null {
  return model === undefined
    ? null
    : `${model.name}@${model.version} (${model.digest.slice(0, 12)})`;
}
