import { RegistryPoller } from './cluster/registry-poller.js';
import { Reloader } from './cluster/reloader.js';
import type { RollEnd } from './cluster/rolling-restart.js';
import type { Supervisor } from './cluster/supervisor.js';
import type { Config } from './config/load-config.js';
import type { ModelFiles } from './registry/model-files.js';
import { createModelReader, type ModelReader } from './registry/model-reader.js';
import type { Logger } from './telemetry/logs/logger.js';
import type { MetricsTotals } from './telemetry/metrics/totals.js';

export interface PrimaryModelParts {
  readonly config: Config;
  readonly supervisor: Pick<Supervisor, 'roll' | 'served'>;
  readonly totals: MetricsTotals;
  readonly log: Logger;
}

/** What `MODEL` names: read at the start, on request, and when a registry names another version. */
export class PrimaryModel {
  readonly reloader: Reloader;
  readonly #reader: ModelReader;
  readonly #poller: RegistryPoller | undefined;
  /** Why the service started with what served before, until something else serves. */
  #startFault: string | undefined;

  constructor(private readonly parts: PrimaryModelParts) {
    const { config, supervisor, totals, log } = parts;
    const reader = createModelReader(config.model, config.registry, config.modelCache);
    this.#reader = reader;
    this.reloader = new Reloader({
      read: () => reader.read(),
      roll: (model) => this.#roll(model),
      served: () => supervisor.served(),
      totals,
      log,
    });
    if (!reader.isPolled) return;
    this.#poller = new RegistryPoller({
      hasChanged: () => reader.hasChanged(),
      onChange: () => this.reloader.request(),
      intervalMs: config.registryPollMs,
      totals,
      log,
    });
  }

  /** Why what the registry names does not serve, or cannot be known; undefined where all is well. */
  get fault(): string | undefined {
    const { fault } = this.#poller ?? {};
    return fault === undefined ? this.#startFault : `the registry cannot be read: ${fault}`;
  }

  /**
   * What to start with: where the registry fails, what served last on this host.
   *
   * @throws ModelError, RegistryError where that is nothing
   */
  async readAtStart(): Promise<ModelFiles> {
    try {
      return await this.#reader.read();
    } catch (error) {
      const last = await this.#reader.lastServed();
      if (last === undefined) throw error;
      this.#startsWith(last, error instanceof Error ? error.message : String(error));
      return last;
    }
  }

  serviceHasStarted(): void {
    void this.#confirmStart().then(() => {
      this.reloader.serviceHasStarted();
      this.#poller?.start();
    });
  }

  stop(): void {
    this.#poller?.stop();
  }

  /** Keeps what serves, or goes back to what did where no worker can serve what the registry names. */
  async #confirmStart(): Promise<void> {
    const { supervisor } = this.parts;
    if (supervisor.served() === undefined) {
      const last = await this.#reader.lastServed();
      if (last === undefined) return;
      this.#reader.refused();
      this.#startsWith(last, 'no worker can serve the version that is named');
      await supervisor.roll(last);
    } else if (this.#startFault === undefined) {
      await this.#keep();
    }
  }

  #startsWith(last: ModelFiles, reason: string): void {
    this.#startFault = `what MODEL names cannot be served: ${reason}`;
    this.parts.totals.set('lastReloadSuccessful', [], 0);
    const what = 'what MODEL names cannot be served: the service starts with what served last';
    this.parts.log.error(what, { reason, model: last.path });
  }

  async #roll(model: ModelFiles): Promise<RollEnd> {
    const end = await this.parts.supervisor.roll(model);
    if (end.result === 'refused') this.#reader.refused();
    if (end.result !== 'done') return end;
    this.#startFault = undefined;
    await this.#keep();
    return end;
  }

  async #keep(): Promise<void> {
    try {
      await this.#reader.served();
    } catch (error) {
      this.parts.log.warn('the version that serves cannot be kept for later starts', { error });
    }
  }
}
