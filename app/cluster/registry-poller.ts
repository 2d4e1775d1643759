import type { Logger } from '../telemetry/logs/logger.js';
import type { MetricsTotals } from '../telemetry/metrics/totals.js';

export interface RegistryPollerParts {
  readonly hasChanged: () => Promise<boolean>;
  readonly onChange: () => void;
  readonly intervalMs: number;
  readonly totals: MetricsTotals;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Hosts that start together do not ask together. */
const JITTER = 0.2;
const ANSWER_MS = 10_000;

/** Asks the registry at a steady pace whether another version is to serve. */
export class RegistryPoller {
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #fault: string | undefined;

  constructor(private readonly parts: RegistryPollerParts) {
    parts.totals.set('registryUp', [], 1);
  }

  /** Why the registry could not be asked the last time; undefined where it could. */
  get fault(): string | undefined {
    return this.#fault;
  }

  start(): void {
    if (this.#isStopped) return;
    const delay = this.parts.intervalMs * (1 + JITTER * (2 * Math.random() - 1));
    this.#timer = setTimeout(() => void this.#poll(), delay).unref();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #poll(): Promise<void> {
    // A share that hangs holds a thread for as long: it is not asked again before it answers.
    const late = setTimeout(() => {
      this.#report(`no answer within ${ANSWER_MS / 1000} s`);
    }, ANSWER_MS).unref();
    try {
      if (await this.parts.hasChanged()) this.parts.onChange();
      this.#report(undefined);
    } catch (error) {
      this.#report(error instanceof Error ? error.message : String(error));
    } finally {
      clearTimeout(late);
    }
    this.start();
  }

  /** The log has each change, not each poll. */
  #report(fault: string | undefined): void {
    const { log, totals } = this.parts;
    if (fault !== undefined && this.#fault === undefined) {
      log.warn('the registry cannot be read: the model that serves stays', { reason: fault });
    }
    if (fault === undefined && this.#fault !== undefined)
      log.info('the registry can be read again');
    this.#fault = fault;
    totals.set('registryUp', [], fault === undefined ? 1 : 0);
  }
}
