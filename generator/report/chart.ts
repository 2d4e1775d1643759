/** A line of a chart; points with y NaN leave a gap. */
export interface Series {
  readonly name: string;
  /** A CSS class of the page's palette: `a`, `b`, `c` or `quiet`. */
  readonly tone: 'a' | 'b' | 'c' | 'quiet';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean;
}

export interface ChartSpec {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly series: readonly Series[];
  /** What stands for the x value in the read-out and under the ticks. */
  readonly xTicks: readonly { readonly at: number; readonly label: string }[];
  readonly unit: string;
  /** Horizontal lines that say what was promised. */
  readonly limits?: readonly { readonly at: number; readonly label: string }[];
  /** Whether the y axis is logarithmic; else it starts at 0. */
  readonly logarithmic: boolean;
  /** Words for the x value of each point of the first series. */
  readonly xWords: readonly string[];
}

/** One chart as a figure: title, legend and an inline SVG that scales with the page. */
export function chart(spec: ChartSpec): string {
  const frame = frameOf(spec);
  const legend = spec.series
    .map(
      (line) => `<span class="key ${line.tone}${line.dashed ? ' dashed' : ''}">${line.name}</span>`,
    )
    .join('');
  return `<figure id="${spec.id}">
<figcaption><h2>${spec.title}</h2><p>${spec.note}</p><div class="legend">${legend}</div></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${spec.title}" data-chart='${readout(spec, frame)}'>
${grid(spec, frame)}
${(spec.limits ?? []).map((limit) => limitLine(limit, frame)).join('\n')}
${spec.series.map((line) => path(line, frame)).join('\n')}
<line class="cursor" y1="${TOP}" y2="${HEIGHT - BOTTOM}" hidden/>
</svg><output hidden></output></figure>`;
}

/** Makes text safe inside HTML and attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (symbol) => `&#${symbol.codePointAt(0) ?? 0};`);
}

/** A number with as many digits as it deserves: 0.123, 1.23, 12.3, 123, 12,345. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 62;
const RIGHT = 18;
const TOP = 14;
const BOTTOM = 38;

interface Frame {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly yTicks: readonly number[];
}

function frameOf(spec: ChartSpec): Frame {
  const points = spec.series.flatMap((line) => line.points);
  const xs = [...points.map(([x]) => x), ...spec.xTicks.map(({ at }) => at)];
  const ys = [...points.map(([, y]) => y), ...(spec.limits ?? []).map(({ at }) => at)].filter(
    (y) => Number.isFinite(y) && (!spec.logarithmic || y > 0),
  );
  const [xLow, xHigh] = [lowest(xs, 0), highest(xs, 1)];
  const xSpan = xHigh - xLow || 1;
  const x = (value: number): number => LEFT + ((value - xLow) / xSpan) * (WIDTH - LEFT - RIGHT);
  const yTicks = spec.logarithmic
    ? logTicks(lowest(ys, 0.1), highest(ys, 10))
    : linearTicks(highest(ys, 1));
  const scale = spec.logarithmic ? Math.log10 : (value: number) => value;
  const low = scale(yTicks[0] ?? 0);
  const high = scale(yTicks.at(-1) ?? 1);
  const y = (value: number): number => {
    const share = (Math.max(scale(value), low) - low) / (high - low || 1);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  };
  return { x, y, yTicks };
}

function lowest(values: readonly number[], fallback: number): number {
  return values.length === 0 ? fallback : values.reduce((a, b) => Math.min(a, b));
}

function highest(values: readonly number[], fallback: number): number {
  return values.length === 0 ? fallback : values.reduce((a, b) => Math.max(a, b));
}

/** 1, 2 and 5 times powers of ten around the values; only powers of ten where that is too many. */
function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    ticks.push(...[1, 2, 5].map((factor) => factor * 10 ** power));
  }
  const first = ticks.findLastIndex((tick) => tick <= low);
  const last = ticks.findIndex((tick) => tick >= high);
  const needed = ticks.slice(Math.max(0, first), Math.max(last, first + 1) + 1);
  if (needed.length <= 9) return needed;
  return [needed[0] ?? low, ...needed.slice(1, -1).filter(isPowerOfTen), needed.at(-1) ?? high];
}

function isPowerOfTen(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}

function linearTicks(high: number): number[] {
  const rough = (high || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  const count = Math.ceil((high * 1.02) / step);
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

function grid(spec: ChartSpec, frame: Frame): string {
  const rows = frame.yTicks.map((tick) => {
    const y = round(frame.y(tick));
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text x="${LEFT - 8}" y="${y + 5}" text-anchor="end">${shortNumber(tick)}</text>`;
  });
  const columns = spec.xTicks.map(({ at, label }) => {
    const x = round(frame.x(at));
    return `<line class="tick" x1="${x}" x2="${x}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 5}"/><text x="${x}" y="${HEIGHT - 12}" text-anchor="${x > WIDTH - RIGHT - 20 ? 'end' : 'middle'}">${label}</text>`;
  });
  const unit = `<text class="unit" x="${LEFT + 6}" y="${TOP + 10}">${spec.unit}</text>`;
  return [...rows, ...columns, unit].join('\n');
}

function limitLine(limit: { readonly at: number; readonly label: string }, frame: Frame): string {
  const y = round(frame.y(limit.at));
  return `<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/><text class="limit" x="${WIDTH - RIGHT - 4}" y="${y - 5}" text-anchor="end">${limit.label}</text>`;
}

function path(line: Series, frame: Frame): string {
  let pen = 'M';
  const steps: string[] = [];
  for (const [x, y] of line.points) {
    if (!Number.isFinite(y)) {
      pen = 'M';
      continue;
    }
    steps.push(`${pen}${round(frame.x(x))} ${round(frame.y(y))}`);
    pen = 'L';
  }
  return `<path class="line ${line.tone}${line.dashed ? ' dashed' : ''}" d="${steps.join('')}"/>`;
}

/** What the page's script needs to read values out under the pointer. */
function readout(spec: ChartSpec, frame: Frame): string {
  const [first] = spec.series;
  const columns = (first?.points ?? []).map(([x], i) => ({
    x: round(frame.x(x)),
    words: spec.xWords[i] ?? '',
    values: spec.series.map((line) => shortNumber(line.points[i]?.[1] ?? NaN)),
  }));
  const names = spec.series.map(({ name, tone }) => ({ name, tone }));
  return escapeHtml(JSON.stringify({ width: WIDTH, unit: spec.unit, names, columns }));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
