import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import * as common from '@grafana/grafana-foundation-sdk/common';
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import * as stat from '@grafana/grafana-foundation-sdk/stat';
import * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import * as table from '@grafana/grafana-foundation-sdk/table';
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** Colours with a meaning; the same thing has the same colour on every board. */
export const COLOR = {
  good: '#56b870',
  fair: '#e0b13e',
  bad: '#e5534b',
  calm: '#5794f2',
  quiet: '#8e9bb0',
  first: '#4fb3bf',
  second: '#b48ede',
  third: '#f08c5a',
} as const;

export interface Query {
  readonly expr: string;
  /** Legend of a series; `{{label}}` is replaced. */
  readonly legend: string;
  /**
   * Show the trace ids that the query's histogram keeps with its buckets. Once in a panel: every
   * query of one histogram brings the same points.
   */
  readonly withExemplars?: boolean;
}

/** From `at` on (null: from the beginning) values have this colour. Ascending. */
export interface Step {
  readonly at: number | null;
  readonly color: string;
}

/** What every panel must say of itself. */
export interface PanelText {
  readonly title: string;
  /** One line: what is good and what is bad. */
  readonly about: string;
  /** Grafana's name of the unit, such as `s`, `reqps`, `percentunit`, `bytes`, `short`. */
  readonly unit: string;
  /** Columns of 24. */
  readonly width: number;
  readonly height?: number;
  readonly decimals?: number;
  readonly steps?: readonly Step[];
}

export interface GraphOptions extends PanelText {
  readonly queries: readonly Query[];
  readonly stacked?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly logarithmic?: boolean;
  /** Colours by regular expression over the legend. */
  readonly colors?: Readonly<Record<string, string>>;
}

export interface StatOptions extends PanelText {
  readonly query: Query;
  /** Shown in place of a value that does not exist; says why there is none. */
  readonly none: string;
  /** Show the series' name instead of its value. */
  readonly showName?: boolean;
  /** Words for values. */
  readonly words?: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
}

export interface TimelineOptions extends PanelText {
  readonly query: Query;
  readonly words?: StatOptions['words'];
}

export interface HeatmapOptions extends PanelText {
  readonly query: Query;
}

/** A column of a table: one instant query, joined to the others by the labels they share. */
export interface Column {
  readonly name: string;
  readonly expr: string;
  readonly unit: string;
  readonly decimals?: number;
  readonly steps?: readonly Step[];
}

export interface TableOptions extends Omit<PanelText, 'unit' | 'steps'> {
  /** Labels shown as the first columns: label -> heading. */
  readonly labels: Readonly<Record<string, string>>;
  readonly columns: readonly Column[];
  /** Labels that queries bring along and nobody reads. */
  readonly hidden?: readonly string[];
  readonly sortBy?: string;
}

export type PanelBuilder = Builder<dashboard.Panel> & {
  id(id: number): unknown;
};

/** What the builders of all kinds of panels have. */
interface AnyBuilder {
  title(title: string): this;
  description(description: string): this;
  span(columns: number): this;
  height(rows: number): this;
  datasource(source: typeof DATASOURCE): this;
}

/** A panel with its place and what it says of itself. */
function based<Panel extends AnyBuilder>(
  panel: Panel,
  { title, about, width, height }: Pick<PanelText, 'title' | 'about' | 'width' | 'height'>,
  usualHeight = 8,
): Panel {
  return panel
    .title(title)
    .description(about)
    .span(width)
    .height(height ?? usualHeight)
    .datasource(DATASOURCE);
}

/** Lines over time. */
export function graph(options: GraphOptions): PanelBuilder {
  const panel = based(new timeseries.PanelBuilder(), options)
    .unit(options.unit)
    .targets(options.queries.map((query, i) => rangeTarget(query, i)))
    .lineWidth(1.5)
    .fillOpacity(options.stacked === true ? 35 : 8)
    .gradientMode(common.GraphGradientMode.Opacity)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull']),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    )
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.PaletteClassic));
  if (options.min !== undefined) panel.min(options.min);
  if (options.max !== undefined) panel.max(options.max);
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  if (options.stacked === true) {
    panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
  }
  if (options.logarithmic === true) {
    panel.scaleDistribution(
      new common.ScaleDistributionConfigBuilder().type(common.ScaleDistribution.Log).log(10),
    );
  }
  if (options.steps !== undefined) {
    panel
      .thresholds(thresholds(options.steps))
      .thresholdsStyle(
        new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed),
      );
  }
  for (const [pattern, color] of Object.entries(options.colors ?? {})) {
    panel.overrideByRegexp(pattern, [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }]);
  }
  return panel;
}

/** One figure, coloured by its thresholds. */
export function figure(options: StatOptions): PanelBuilder {
  const panel = based(new stat.PanelBuilder(), options, 4)
    .unit(options.unit)
    .targets([
      options.showName === true
        ? target(options.query, 0).instant()
        : rangeTarget(options.query, 0),
    ])
    .noValue(options.none)
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(
      options.showName === true ? common.BigValueGraphMode.None : common.BigValueGraphMode.Area,
    )
    .textMode(
      options.showName === true ? common.BigValueTextMode.Name : common.BigValueTextMode.Value,
    )
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
    .thresholds(thresholds(options.steps ?? [{ at: null, color: COLOR.calm }]));
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  if (options.words !== undefined) panel.mappings(mappings(options.words));
  return panel;
}

/** One row of coloured states over time for each series. */
export function timeline(options: TimelineOptions): PanelBuilder {
  const panel = based(new statetimeline.PanelBuilder(), options)
    .unit(options.unit)
    .targets([rangeTarget(options.query, 0)])
    .mergeValues(false)
    .showValue(common.VisibilityMode.Never)
    .rowHeight(0.85)
    .lineWidth(0)
    .fillOpacity(85)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(options.words !== undefined),
    )
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.Thresholds))
    .thresholds(thresholds(options.steps ?? [{ at: null, color: COLOR.calm }]));
  if (options.decimals !== undefined) panel.decimals(options.decimals);
  if (options.words !== undefined) panel.mappings(mappings(options.words));
  return panel;
}

/** Buckets of a histogram over time: the whole distribution, not a percentile of it. */
export function distribution(options: HeatmapOptions): PanelBuilder {
  return based(new heatmap.PanelBuilder(), options)
    .unit(options.unit)
    .targets([target(options.query, 0).format(prometheus.PromQueryFormat.Heatmap).range()])
    .calculate(false)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(options.unit))
    .color(
      new heatmap.HeatmapColorOptionsBuilder()
        .mode(heatmap.HeatmapColorMode.Scheme)
        .scheme('Turbo')
        .exponent(0.5)
        .steps(64),
    )
    .hideLegend();
}

/** Instant values side by side, one row per set of labels. */
export function overview(options: TableOptions): PanelBuilder {
  const names = Object.fromEntries(
    options.columns.map((column, i) => [`Value #${refId(i)}`, column.name]),
  );
  const excluded = Object.fromEntries(['Time', ...(options.hidden ?? [])].map((n) => [n, true]));
  const order = [...Object.keys(options.labels), ...Object.keys(names)];
  const panel = based(new table.PanelBuilder(), options)
    .targets(options.columns.map(({ expr }, i) => tableTarget({ expr, legend: '' }, i)))
    .cellHeight(common.TableCellHeight.Sm)
    .noValue('–')
    .transformations([
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: excluded,
          renameByName: { ...options.labels, ...names },
          indexByName: Object.fromEntries(order.map((name, i) => [name, i])),
        },
      },
    ]);
  for (const column of options.columns) panel.overrideByName(column.name, columnFormat(column));
  if (options.sortBy !== undefined) {
    panel.sortBy([
      new common.TableSortByFieldStateBuilder().displayName(options.sortBy).desc(true),
    ]);
  }
  return panel;
}

/** The data source that the board's first variable names. */
export const DATASOURCE: common.DataSourceRef = { type: 'prometheus', uid: '${datasource}' };

/** Good below `fair`, then fair, then bad from `bad` on. */
export function lowIsGood(fair: number, bad: number): readonly Step[] {
  return [
    { at: null, color: COLOR.good },
    { at: fair, color: COLOR.fair },
    { at: bad, color: COLOR.bad },
  ];
}

/** Bad below `fair`, fair from there, good from `good` on. */
export function highIsGood(fair: number, good: number): readonly Step[] {
  const between = fair < good ? [{ at: fair, color: COLOR.fair }] : [];
  return [{ at: null, color: COLOR.bad }, ...between, { at: good, color: COLOR.good }];
}

function columnFormat(column: Column): dashboard.DynamicConfigValue[] {
  const format: dashboard.DynamicConfigValue[] = [{ id: 'unit', value: column.unit }];
  if (column.decimals !== undefined) format.push({ id: 'decimals', value: column.decimals });
  if (column.steps !== undefined) {
    format.push(
      { id: 'thresholds', value: thresholds(column.steps).build() },
      { id: 'color', value: { mode: 'thresholds' } },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    );
  }
  return format;
}

function thresholds(steps: readonly Step[]): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps.map(({ at, color }) => ({ value: at, color })));
}

function mappings(words: NonNullable<StatOptions['words']>): dashboard.ValueMapping[] {
  const options = Object.entries(words).map(([value, word], index) => [value, { ...word, index }]);
  return [
    {
      type: dashboard.MappingType.ValueToText,
      options: Object.fromEntries(options) as Record<string, dashboard.ValueMappingResult>,
    },
  ];
}

function target(query: Query, index: number): prometheus.DataqueryBuilder {
  const builder = new prometheus.DataqueryBuilder()
    .expr(query.expr)
    .legendFormat(query.legend)
    .refId(refId(index))
    .datasource(DATASOURCE)
    .editorMode(prometheus.QueryEditorMode.Code);
  return query.withExemplars === true ? builder.exemplar(true) : builder;
}

function rangeTarget(query: Query, index: number): Builder<Dataquery> {
  return target(query, index).range();
}

function tableTarget(query: Query, index: number): Builder<Dataquery> {
  return target(query, index).format(prometheus.PromQueryFormat.Table).instant();
}

function refId(index: number): string {
  return String.fromCharCode(65 + index);
}
