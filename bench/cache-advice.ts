import { median } from '../tools/report.js';

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

/** Changes of CPU per request, as shares of what it was. */
interface Change {
  readonly none: number;
  readonly half: number;
  readonly all: number;
}

/**
 * What each level earns at each share of repeats, in words, and what the default should therefore
 * be: a level is on by default where it saves CPU when readings repeat, and costs no more than the
 * run's own noise when none does. CPU of Redis counts; changes are medians over the rounds.
 *
 * @param rounds per mode and share of repeats, its cells round by round
 */
export function adviseOnCache(rounds: readonly (readonly CacheCell[])[]): readonly string[] {
  const noise = noiseOf(rounds);
  const steps = [
    ['memory', 'memory over no cache', 'off'],
    ['Redis', 'Redis alone over no cache', 'off'],
    ['both', 'Redis behind memory over memory alone', 'memory'],
  ] as const;
  return steps.flatMap(([mode, name, without]) => {
    const changes = changesOf(rounds, mode, without);
    if (changes === undefined) return [];
    const { none, half, all } = changes;
    const earns = none <= noise && all < -noise;
    return [
      `${name}: CPU ${inWords(none)} without repeats, ${inWords(half)} at half, ${inWords(all)} where all repeat (noise of this run: ${(noise * 100).toFixed(0)} %).`,
      `  ${earns ? 'Worth its default: on.' : 'Off by default: it must be asked for.'}` +
        (mode === 'memory' ? '' : ' What it is for besides: answers that other hosts have.'),
    ];
  });
}

/** Without a cache the same work is done at each share of repeats: what differs is the machine. */
function noiseOf(rounds: readonly (readonly CacheCell[])[]): number {
  const off = rounds
    .filter(([first]) => first?.mode === 'off')
    .map((cells) => median(cells.map(cpuOf)));
  return (Math.max(...off) - Math.min(...off)) / median(off);
}

function changesOf(
  rounds: readonly (readonly CacheCell[])[],
  mode: CacheMode,
  without: CacheMode,
): Change | undefined {
  const find = (wanted: CacheMode, share: number): readonly CacheCell[] | undefined =>
    rounds.find(([first]) => first?.mode === wanted && first.repeatShare === share);
  const change = (share: number): number | undefined => {
    const [cells, base] = [find(mode, share), find(without, share)];
    if (cells === undefined || base === undefined) return undefined;
    return median(
      cells.map((cell, round) => {
        const over = base[round];
        return over === undefined ? NaN : cpuOf(cell) / cpuOf(over) - 1;
      }),
    );
  };
  const [none, half, all] = [change(0), change(0.5), change(1)];
  if (none === undefined || half === undefined || all === undefined) return undefined;
  return { none, half, all };
}

function cpuOf({ cpuMicros, redisMicros }: CacheCell): number {
  return cpuMicros + redisMicros;
}

function inWords(change: number): string {
  return `${change < 0 ? '-' : '+'}${Math.abs(change * 100).toFixed(0)} %`;
}
