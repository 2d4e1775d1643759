import type {
  DashboardJson,
  FieldJson,
  GridPosition,
  PanelJson,
  StepJson,
  TargetJson,
} from './dashboard-json.js';
import { queryInstant, queryRange, timesOf, type Range } from './prometheus.js';

/** What the page draws: a dashboard with its data. */
export interface BoardView {
  readonly title: string;
  readonly about: string;
  readonly times: readonly number[];
  readonly panels: readonly PanelView[];
  readonly marks: readonly Mark[];
}

/** Something that happened. */
export interface Mark {
  readonly time: number;
  readonly color: string;
  readonly title: string;
}

export interface PanelView {
  readonly type: string;
  readonly title: string;
  readonly at: GridPosition;
  readonly field: FieldJson;
  readonly series: readonly SeriesView[];
  /** Of a table. */
  readonly columns: readonly ColumnView[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** Of a figure that shows a name in place of a value. */
  readonly names: readonly string[];
}

export interface SeriesView {
  readonly name: string;
  readonly color: string | undefined;
  readonly values: readonly (number | null)[];
}

export interface ColumnView {
  readonly name: string;
  readonly unit: string | undefined;
  readonly decimals: number | undefined;
  readonly steps: readonly StepJson[] | undefined;
}

export interface Source {
  readonly url: string;
  readonly range: Range;
  /** Turns a dashboard's query into one for Prometheus: its variables replaced. */
  readonly expand: (expr: string) => string;
}

/** Asks Prometheus for everything that a dashboard shows. */
export async function viewOf(board: DashboardJson, source: Source): Promise<BoardView> {
  const panels: PanelView[] = [];
  for (const panel of board.panels) panels.push(await panelView(panel, source));
  const marks: Mark[] = [];
  for (const { expr, iconColor, titleFormat } of board.annotations.list) {
    if (expr === undefined) continue;
    for (const { labels, values } of await queryRange(
      source.url,
      source.expand(expr),
      source.range,
    )) {
      // What holds for a while is one mark, where it begins; what was so from the start is none.
      const first = values.findIndex((value) => value !== undefined);
      if (first <= 0) continue;
      const title = legendOf(titleFormat ?? '', labels);
      marks.push({ time: timesOf(source.range)[first] ?? 0, color: iconColor, title });
    }
  }
  const about = board.description ?? '';
  return { title: board.title, about, times: timesOf(source.range), panels, marks };
}

async function panelView(panel: PanelJson, source: Source): Promise<PanelView> {
  const view = {
    type: panel.type,
    title: panel.title,
    at: panel.gridPos,
    field: panel.fieldConfig?.defaults ?? {},
    series: [],
    columns: [],
    rows: [],
    names: [],
  };
  const targets = panel.targets ?? [];
  if (panel.type === 'table') return { ...view, ...(await tableView(panel, targets, source)) };
  if (panel.options?.textMode === 'name') {
    const [target] = targets;
    if (target === undefined) return view;
    const found = await queryInstant(source.url, source.expand(target.expr), source.range.end);
    return { ...view, names: found.map(({ labels }) => legendOf(target.legendFormat, labels)) };
  }
  const series: SeriesView[] = [];
  for (const target of targets) {
    const found = await queryRange(source.url, source.expand(target.expr), source.range);
    for (const { labels, values } of found) {
      const name = legendOf(target.legendFormat, labels);
      series.push({
        name,
        color: colorOf(panel, name),
        values: values.map((value) => value ?? null),
      });
    }
  }
  return { ...view, series };
}

async function tableView(panel: PanelJson, targets: readonly TargetJson[], source: Source) {
  const organize = panel.transformations?.find(({ id }) => id === 'organize')?.options;
  const names = organize?.renameByName ?? {};
  const labels = Object.keys(names).filter((name) => !name.startsWith('Value #'));
  const rows = new Map<string, (string | number | null)[]>();
  for (const [i, target] of targets.entries()) {
    const found = await queryInstant(source.url, source.expand(target.expr), source.range.end);
    for (const one of found) {
      const cells = labels.map((label) => one.labels[label] ?? '');
      const key = cells.join('\n');
      const row = rows.get(key) ?? [...cells, ...targets.map(() => null)];
      row[labels.length + i] = Number.isFinite(one.value) ? one.value : null;
      rows.set(key, row);
    }
  }
  const columns = [
    ...labels.map((label) => columnOf(panel, names[label] ?? label)),
    ...targets.map(({ refId }) => columnOf(panel, names[`Value #${refId}`] ?? refId)),
  ];
  return { columns, rows: sorted([...rows.values()], panel, columns) };
}

function sorted(
  rows: readonly (readonly (string | number | null)[])[],
  panel: PanelJson,
  columns: readonly ColumnView[],
) {
  const by = panel.options?.sortBy?.[0]?.displayName;
  const column = columns.findIndex(({ name }) => name === by);
  return rows.toSorted((a, b) =>
    column >= 0
      ? Number(b[column] ?? -Infinity) - Number(a[column] ?? -Infinity)
      : String(a.slice(0, 2)).localeCompare(String(b.slice(0, 2)), 'en', { numeric: true }),
  );
}

function columnOf(panel: PanelJson, name: string): ColumnView {
  const properties =
    panel.fieldConfig?.overrides.find(({ matcher }) => matcher.options === name)?.properties ?? [];
  const value = (id: string): unknown => properties.find((one) => one.id === id)?.value;
  return {
    name,
    unit: value('unit') as string | undefined,
    decimals: value('decimals') as number | undefined,
    steps: (value('thresholds') as { steps: readonly StepJson[] } | undefined)?.steps,
  };
}

function legendOf(format: string | undefined, labels: Readonly<Record<string, string>>): string {
  return (format ?? '').replace(
    /\{\{\s*(\w+)\s*\}\}/g,
    (_all, label: string) => labels[label] ?? '',
  );
}

/** The colour that an override gives to a series of this name. */
function colorOf(panel: PanelJson, name: string): string | undefined {
  for (const { matcher, properties } of panel.fieldConfig?.overrides ?? []) {
    if (matcher.id !== 'byRegexp') continue;
    if (!new RegExp(matcher.options.slice(1, -1)).test(name)) continue;
    const color = properties.find(({ id }) => id === 'color')?.value as
      { readonly fixedColor?: string } | undefined;
    if (color?.fixedColor !== undefined) return color.fixedColor;
  }
  return undefined;
}
