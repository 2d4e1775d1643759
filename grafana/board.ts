/* eslint-disable @typescript-eslint/no-deprecated -- every Grafana since 7 can provision this
   schema of dashboards; its successor (version 2) needs Grafana 12 and its own API. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import { COLOR, DATASOURCE, type PanelBuilder } from './panels.js';

/** A heading and the panels under it. */
export interface Row {
  readonly title: string;
  readonly panels: readonly PanelBuilder[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** A PromQL `label_values(...)`. */
  readonly query: string;
}

export interface Board {
  /** Stable for ever: alerts and bookmarks link to it. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  /** How far back the board looks when it is opened, such as `1h`. */
  readonly from: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

/** Series of regno that the board's variables select. */
export const REGNO = 'job=~"$job",instance=~"$instance"';

/** For boards about regno: which job, which instances. */
export const REGNO_VARIABLES: readonly Variable[] = [
  { name: 'job', label: 'Job', query: 'label_values(regno_build_info, job)' },
  {
    name: 'instance',
    label: 'Instance',
    query: 'label_values(regno_build_info{job=~"$job"}, instance)',
  },
];

/** Dashboard of a board, with the variables, annotations and links that all of them share. */
export function build(board: Board): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(board.title)
    .uid(board.uid)
    .description(board.about)
    .tags(['regno'])
    .timezone('browser')
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: `now-${board.from}`, to: 'now' })
    .refresh('10s')
    .readonly()
    .withVariable(datasourceVariable());
  for (const variable of board.variables) builder.withVariable(queryVariable(variable));
  for (const annotation of annotations()) builder.annotation(annotation);
  builder.link(otherBoards());
  for (const [i, row] of board.rows.entries()) {
    // An id is row * 100 + place: a new panel moves only its neighbours.
    const base = (i + 1) * 100;
    builder.withRow(new dashboard.RowBuilder(row.title).id(base));
    for (const [j, panel] of row.panels.entries()) {
      panel.id(base + j + 1);
      builder.withPanel(panel);
    }
  }
  return builder.build();
}

function datasourceVariable() {
  return new dashboard.DatasourceVariableBuilder('datasource')
    .label('Prometheus')
    .type('prometheus')
    .current({ text: 'Prometheus', value: 'prometheus', selected: true });
}

function queryVariable({ name, label, query }: Variable) {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .query({ query, refId: `variable-${name}` })
    .definition(query)
    .datasource(DATASOURCE)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all', selected: true });
}

/** What happened: marks across every panel of the board. */
function annotations() {
  return [
    mark({
      name: 'Deploys',
      color: COLOR.calm,
      title: 'regno {{version}} on Node {{node}}',
      expr: `count by (version, node) (regno_build_info) unless count by (version, node) (regno_build_info offset 2m)`,
    }),
    mark({
      name: 'Model changes',
      color: COLOR.second,
      title: 'model {{name}} {{version}} ({{digest}})',
      expr: `count by (name, version, digest) (regno_model_info) unless count by (name, version, digest) (regno_model_info offset 2m)`,
    }),
    mark({
      name: 'Worker deaths',
      color: COLOR.third,
      title: 'worker {{worker}} of {{instance}}: {{reason}}',
      // The first death makes the series, so there is no rise to see: the value itself counts.
      expr: `((regno_worker_exits_total{reason!="clean"} unless regno_worker_exits_total offset 1m) or increase(regno_worker_exits_total{reason!="clean"}[1m])) > 0`,
    }),
    mark({
      name: 'Alerts',
      color: COLOR.bad,
      title: '{{alertname}}',
      expr: `count by (alertname, severity) (ALERTS{alertstate="firing",severity=~"critical|warning"})`,
    }),
  ];
}

interface Mark {
  readonly name: string;
  readonly color: string;
  readonly title: string;
  readonly expr: string;
}

function mark({ name, color, title, expr }: Mark) {
  return new dashboard.AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(color)
    .titleFormat(title)
    .expr(expr)
    .step('15s')
    .target(new prometheus.DataqueryBuilder().expr(expr).refId('Anno').range());
}

function otherBoards() {
  return new dashboard.DashboardLinkBuilder('regno boards')
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags(['regno'])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}
