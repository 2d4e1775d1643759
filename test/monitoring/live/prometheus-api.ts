import { until } from './processes.js';

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

export interface RuleState {
  readonly name: string;
  readonly type: 'alerting' | 'recording';
  readonly health: string;
  readonly lastError?: string;
}

interface RangeResult {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [number, string])[];
  }[];
}

/** The questions that the tests have for a Prometheus. */
export class PrometheusApi {
  constructor(readonly url: string) {}

  async firing(): Promise<readonly Alert[]> {
    const { alerts } = await this.#get<{ alerts: readonly Alert[] }>('alerts');
    return alerts.filter((alert) => alert.state === 'firing');
  }

  async rules(): Promise<readonly RuleState[]> {
    const { groups } = await this.#get<{
      groups: readonly { rules: readonly RuleState[] }[];
    }>('rules');
    return groups.flatMap((group) => group.rules);
  }

  /** How many series of a query had a finite value at some time since `start`. */
  async seriesSince(start: number, query: string): Promise<number> {
    const params = { query, start: String(start), end: String(Date.now() / 1000), step: '2' };
    const { result } = await this.#get<RangeResult>('query_range', params);
    return result.filter(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))))
      .length;
  }

  /** Value of an instant query that gives one series; undefined where it gives none. */
  async value(query: string): Promise<number | undefined> {
    const { result } = await this.#get<{ result: readonly { value: readonly [number, string] }[] }>(
      'query',
      { query },
    );
    return result[0] === undefined ? undefined : Number(result[0].value[1]);
  }

  /** Waits until an alert with these labels fires. */
  async fires(
    name: string,
    timeoutMs: number,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await until(`${name} ${JSON.stringify(labels)} fires`, timeoutMs, async () =>
      (await this.firing()).some((alert) => matches(alert, name, labels)),
    );
  }

  /** Waits until no alert with these labels fires. */
  async ends(
    name: string,
    timeoutMs: number,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await until(`${name} ${JSON.stringify(labels)} ends`, timeoutMs, async () =>
      (await this.firing()).every((alert) => !matches(alert, name, labels)),
    );
  }

  async reload(): Promise<boolean> {
    return (await fetch(`${this.url}/-/reload`, { method: 'POST' })).ok;
  }

  async #get<T>(path: string, params: Readonly<Record<string, string>> = {}): Promise<T> {
    const body = new URLSearchParams(params);
    const response = await fetch(`${this.url}/api/v1/${path}?${body.toString()}`);
    const answer = (await response.json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success') {
      throw new Error(`${path} ${JSON.stringify(params)}: ${answer.error ?? response.status}`);
    }
    return answer.data;
  }
}

function matches(alert: Alert, name: string, labels: Readonly<Record<string, string>>): boolean {
  if (alert.labels['alertname'] !== name) return false;
  return Object.entries(labels).every(([key, value]) => alert.labels[key] === value);
}
