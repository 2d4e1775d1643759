/** One series of a range: values at the asked times, undefined where there is none. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | undefined)[];
}

export interface InstantSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Times of a picture, in Unix seconds. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

interface Matrix {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [number, string])[];
  }[];
}

interface Vector {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }[];
}

export function timesOf({ start, end, step }: Range): readonly number[] {
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => start + i * step);
}

/** @throws Error with the words of Prometheus */
export async function queryRange(
  url: string,
  query: string,
  range: Range,
): Promise<readonly RangeSeries[]> {
  const { start, end, step } = range;
  const params = { query, start: String(start), end: String(end), step: String(step) };
  const { result } = await get<Matrix>(url, 'query_range', params);
  const length = timesOf(range).length;
  return result.map(({ metric, values }) => {
    const all = new Array<number | undefined>(length).fill(undefined);
    for (const [time, text] of values) {
      const value = Number(text);
      if (Number.isFinite(value)) all[Math.round((time - start) / step)] = value;
    }
    return { labels: metric, values: all };
  });
}

/** @throws Error with the words of Prometheus */
export async function queryInstant(
  url: string,
  query: string,
  time: number,
): Promise<readonly InstantSeries[]> {
  const { result } = await get<Vector>(url, 'query', { query, time: String(time) });
  return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

async function get<T>(
  url: string,
  path: string,
  params: Readonly<Record<string, string>>,
): Promise<T> {
  const address = `${url}/api/v1/${path}?${new URLSearchParams(params).toString()}`;
  const response = await fetch(address).catch((cause: unknown) => {
    const what = 'start one by "npm run stack", or name another by --prometheus';
    throw new Error(`no Prometheus answers at ${url}: ${what}`, { cause });
  });
  const answer = (await response.json()) as { status: string; data: T; error?: string };
  if (answer.status !== 'success') {
    throw new Error(`Prometheus at ${url}: ${answer.error ?? response.status}: ${params['query']}`);
  }
  return answer.data;
}
