export type CacheMode = 'off' | 'memory' | 'Redis' | 'both';

/** One mode of the cache under one share of repeats. Times in ms unless named otherwise. */
export interface CacheCell {
  readonly mode: CacheMode;
  /** Share of requests whose reading was sent before. */
  readonly repeatShare: number;
  /** Share of requests that this level answered; over both warm-up and measurement. */
  readonly memoryHitShare: number;
  readonly redisHitShare: number;
  /** As fast as it answers. */
  readonly requestsPerSecond: number;
  /** CPU time of the service's processes per request, µs. */
  readonly cpuMicros: number;
  /** The same of Redis. */
  readonly redisMicros: number;
  readonly p99FullMs: number;
  /** At a constant rate, from the intended send. */
  readonly p50SteadyMs: number;
  readonly p99SteadyMs: number;
  readonly errors: number;
}

/** A change of CPU per request within this share is taken for noise. */
const NOISE = 0.05;

/**
 * What each level earns at each share of repeats, in words, and what the default should therefore
 * be: a level is on by default where it saves CPU at half repeats and next to nothing is lost
 * without any.
 */
export function adviseOnCache(cells: readonly CacheCell[]): readonly string[] {
  const steps = [
    ['memory', 'memory', 'off'],
    ['Redis', 'Redis alone', 'off'],
    ['both', 'Redis behind memory', 'memory'],
  ] as const;
  return steps.flatMap(([mode, name, without]) => {
    const changes = [0, 0.5, 1].map((share) => changeOf(cells, mode, without, share));
    const [none, half, all] = changes;
    if (none === undefined || half === undefined || all === undefined) return [];
    const earns = half.cpu < -NOISE && none.cpu <= NOISE;
    const over = without === 'off' ? 'no cache' : 'memory alone';
    return [
      `${name} over ${over}: no repeats ${inWords(none)}; half ${inWords(half)}; all ${inWords(all)}.`,
      `  ${earns ? 'Worth its default: on.' : 'Off by default: it must be asked for.'}` +
        (mode === 'memory' ? '' : ' What it is for besides: answers that other hosts have.'),
    ];
  });
}

interface Change {
  /** Of CPU per request, Redis's own included, as a share of what it was. */
  readonly cpu: number;
  readonly rate: number;
}

function changeOf(
  cells: readonly CacheCell[],
  mode: CacheMode,
  without: CacheMode,
  repeatShare: number,
): Change | undefined {
  const find = (wanted: CacheMode): CacheCell | undefined =>
    cells.find((cell) => cell.mode === wanted && cell.repeatShare === repeatShare);
  const [cell, base] = [find(mode), find(without)];
  if (cell === undefined || base === undefined) return undefined;
  const cpuOf = ({ cpuMicros, redisMicros }: CacheCell): number => cpuMicros + redisMicros;
  return {
    cpu: cpuOf(cell) / cpuOf(base) - 1,
    rate: cell.requestsPerSecond / base.requestsPerSecond,
  };
}

function inWords({ cpu, rate }: Change): string {
  const percent = `${Math.abs(cpu * 100).toFixed(0)} %`;
  const cost =
    Math.abs(cpu) <= NOISE ? 'the same CPU' : `${percent} ${cpu < 0 ? 'less' : 'more'} CPU`;
  return `${cost} and ${rate.toFixed(2)} x the requests/s`;
}
