import type { GoldenResult } from './golden-check.js';
import type { ModelIdentity } from './ports.js';

/** What a worker says of itself to whoever sends it requests. */
export interface HealthState {
  /** False while the process stops or its model failed the golden check. */
  readonly ready: boolean;
  /** `degraded`: ready, but without something that makes it faster. */
  readonly state: 'ok' | 'degraded' | 'draining' | 'model_unavailable';
  readonly model: ModelIdentity & {
    /** Outcome of the model's golden readings; `absent` for a model that ships none. */
    readonly golden: GoldenResult['state'];
    /** How many of them were answered at the start; 0 where nothing proves the model. */
    readonly goldenRows: number;
  };
  /** What regno depends on and can do without. */
  readonly dependencies: Readonly<Record<string, 'up' | 'down'>>;
}

/** Whether a worker is to be sent requests, by what its parts have reported. */
export class WorkerHealth {
  #isDraining = false;
  #isRedisUp: boolean | undefined;

  get isDraining(): boolean {
    return this.#isDraining;
  }

  drain(): void {
    this.#isDraining = true;
  }

  /** To be called where there is a Redis, at the start and at every change. */
  reportRedis(isUp: boolean): void {
    this.#isRedisUp = isUp;
  }

  of(model: ModelIdentity, golden: GoldenResult): HealthState {
    const isUsable = golden.state !== 'failed';
    return {
      ready: isUsable && !this.#isDraining,
      state: this.#state(isUsable),
      model: { ...model, golden: golden.state, goldenRows: golden.rows },
      dependencies: this.#isRedisUp === undefined ? {} : { redis: this.#isRedisUp ? 'up' : 'down' },
    };
  }

  #state(isUsable: boolean): HealthState['state'] {
    if (this.#isDraining) return 'draining';
    if (!isUsable) return 'model_unavailable';
    return this.#isRedisUp === false ? 'degraded' : 'ok';
  }
}
