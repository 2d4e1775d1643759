import { REGNO, REGNO_VARIABLES, type Board } from '../board.js';
import { COLOR, figure, graph, highIsGood, lowIsGood, overview, timeline } from '../panels.js';

const REG = `${REGNO},route=~"/reg/?"`;
const BUCKETS = `sum by (le) (rate(regno_http_request_duration_seconds_bucket{${REG}}[$__rate_interval]))`;

const now = [
  figure({
    title: 'Readings now',
    about: 'Readings asked per second. Good: what is usual at this hour. Bad: nothing.',
    unit: 'reqps',
    decimals: 0,
    width: 4,
    none: 'none yet',
    query: {
      expr: `sum(rate(regno_http_requests_total{${REG},method="POST"}[$__rate_interval]))`,
      legend: 'readings',
    },
  }),
  figure({
    title: '99th percentile now',
    about: 'Time that 99 of 100 answers stay under. Good: below 5 ms. Bad: 25 ms, the objective.',
    unit: 's',
    decimals: 1,
    width: 4,
    none: 'no traffic',
    steps: lowIsGood(0.01, 0.025),
    query: { expr: `histogram_quantile(0.99, ${BUCKETS})`, legend: 'p99' },
  }),
  figure({
    title: 'Failed now',
    about: 'Share of valid readings answered 5xx. Good: 0. Bad: more than 0.1 %, the objective.',
    unit: 'percentunit',
    decimals: 2,
    width: 4,
    none: 'no traffic',
    steps: lowIsGood(0.0005, 0.001),
    query: { expr: `max(job:regno_reg_failed:ratio_rate5m{job=~"$job"})`, legend: 'failed' },
  }),
  figure({
    title: 'Workers ready',
    about: 'Workers that take readings. Good: all of them. Bad: none.',
    unit: 'short',
    decimals: 0,
    width: 4,
    none: 'regno is down',
    steps: highIsGood(1, 1),
    query: { expr: `sum(regno_workers{${REGNO},state="ready"})`, legend: 'ready' },
  }),
  figure({
    title: 'Model',
    about: 'Version and digest of the model that decides. Good: one. Bad: two side by side.',
    unit: 'short',
    width: 4,
    none: 'no model',
    showName: true,
    query: {
      expr: `count by (version, digest) (regno_model_info{${REGNO}})`,
      legend: '{{version}} · {{digest}}',
    },
  }),
  figure({
    title: 'Alerts',
    about: 'Alerts that fire now, the heartbeat apart. Good: none. Each links to its runbook.',
    unit: 'short',
    decimals: 0,
    width: 4,
    none: '0',
    steps: lowIsGood(1, 3),
    query: {
      expr: `count(ALERTS{alertstate="firing",severity=~"critical|warning"}) or vector(0)`,
      legend: 'firing',
    },
  }),
];

const signals = [
  graph({
    title: 'Traffic and errors: answers by status',
    about: 'Answers of POST /reg/ per second. Good: 200 alone. 4xx is the caller, 5xx is regno.',
    unit: 'reqps',
    width: 12,
    stacked: true,
    min: 0,
    colors: {
      '/^2/': COLOR.good,
      '/^4/': COLOR.fair,
      '/^5/': COLOR.bad,
      '/aborted/': COLOR.quiet,
    },
    queries: [
      {
        expr: `sum by (status) (rate(regno_http_requests_total{${REG},method="POST"}[$__rate_interval]))`,
        legend: '{{status}}',
      },
    ],
  }),
  graph({
    title: 'Latency: percentiles',
    about: 'Head of the request to end of the answer. Good: p99 below 5 ms. Bad: p99 above 25 ms.',
    unit: 's',
    width: 12,
    min: 0,
    steps: [
      { at: null, color: 'transparent' },
      { at: 0.025, color: COLOR.bad },
    ],
    colors: {
      '/50/': COLOR.good,
      '/95/': COLOR.first,
      '/^99 %/': COLOR.calm,
      '/99.9/': COLOR.second,
    },
    queries: [
      { expr: `histogram_quantile(0.999, ${BUCKETS})`, legend: '99.9 %' },
      { expr: `histogram_quantile(0.99, ${BUCKETS})`, legend: '99 %', withExemplars: true },
      { expr: `histogram_quantile(0.95, ${BUCKETS})`, legend: '95 %' },
      { expr: `histogram_quantile(0.5, ${BUCKETS})`, legend: '50 %' },
    ],
  }),
  graph({
    title: 'Saturation: how busy the workers are',
    about: 'Share of time the event loops are busy. Good: below 60 %. Bad: 90 %, no reserve left.',
    unit: 'percentunit',
    width: 12,
    min: 0,
    max: 1,
    steps: [
      { at: null, color: 'transparent' },
      { at: 0.9, color: COLOR.bad },
    ],
    colors: { '/busiest/': COLOR.third, '/average/': COLOR.calm },
    queries: [
      {
        expr: `max(regno_worker_event_loop_utilization_ratio{${REGNO}})`,
        legend: 'busiest worker',
      },
      { expr: `avg(regno_worker_event_loop_utilization_ratio{${REGNO}})`, legend: 'average' },
    ],
  }),
  graph({
    title: 'Errors: refusals by reason',
    about: 'Requests refused per second. Good: few. Bad: overload_*, deadline, model_unavailable.',
    unit: 'reqps',
    width: 12,
    stacked: true,
    min: 0,
    colors: {
      '/overload|deadline|model/': COLOR.bad,
      '/bad_request/': COLOR.fair,
      '/unauthorized/': COLOR.second,
    },
    queries: [
      {
        expr: `sum by (reason) (rate(regno_refusals_total{${REGNO}}[$__rate_interval]))`,
        legend: '{{reason}}',
      },
    ],
  }),
];

const objectives = [
  figure({
    title: 'Answered without fault, 30 days',
    about: 'Objective: 99.9 % of valid readings. Good: above. Bad: below.',
    unit: 'percentunit',
    decimals: 3,
    width: 6,
    none: 'no traffic',
    steps: highIsGood(0.999, 0.9995),
    query: { expr: `min(1 - job:regno_reg_failed:ratio_30d{job=~"$job"})`, legend: 'answered' },
  }),
  figure({
    title: 'Its error budget left',
    about: 'Of the failures that 99.9 % allows in 30 days. Good: over a half. Bad: below zero.',
    unit: 'percentunit',
    decimals: 0,
    width: 6,
    none: 'no traffic',
    steps: highIsGood(0, 0.5),
    query: {
      expr: `min(job:regno_reg_error_budget:remaining_ratio_30d{job=~"$job",objective="availability"})`,
      legend: 'left',
    },
  }),
  figure({
    title: 'Decided within 25 ms, 30 days',
    about: 'Objective: 99 % of valid readings. Good: above. Bad: below.',
    unit: 'percentunit',
    decimals: 2,
    width: 6,
    none: 'no traffic',
    steps: highIsGood(0.99, 0.995),
    query: { expr: `min(1 - job:regno_reg_slow:ratio_30d{job=~"$job"})`, legend: 'in time' },
  }),
  figure({
    title: 'Its error budget left',
    about: 'Of the slow answers that 99 % allows in 30 days. Good: over a half. Bad: below zero.',
    unit: 'percentunit',
    decimals: 0,
    width: 6,
    none: 'no traffic',
    steps: highIsGood(0, 0.5),
    query: {
      expr: `min(job:regno_reg_error_budget:remaining_ratio_30d{job=~"$job",objective="latency"})`,
      legend: 'left',
    },
  }),
  graph({
    title: 'Pace at which the budgets are spent (1 h)',
    about: '1 lasts exactly 30 days. Good: below 1. Bad: 6 and 14.4, where the alerts call.',
    unit: 'short',
    width: 12,
    height: 7,
    min: 0,
    steps: [
      { at: null, color: 'transparent' },
      { at: 1, color: COLOR.fair },
      { at: 14.4, color: COLOR.bad },
    ],
    colors: { '/availability/': COLOR.third, '/latency/': COLOR.calm },
    queries: [
      {
        expr: `job:regno_reg_failed:ratio_rate1h{job=~"$job"} / 0.001`,
        legend: 'availability',
      },
      { expr: `job:regno_reg_slow:ratio_rate1h{job=~"$job"} / 0.01`, legend: 'latency' },
    ],
  }),
  graph({
    title: 'Decisions by probability',
    about:
      'Share of answers per band. Good: a steady mix. Bad: a sudden shift, or all in the middle.',
    unit: 'percentunit',
    width: 12,
    height: 7,
    stacked: true,
    min: 0,
    max: 1,
    colors: {
      '/^0.0-/': COLOR.third,
      '/^0.1-/': COLOR.fair,
      '/^0.5-/': COLOR.first,
      '/^0.9-/': COLOR.calm,
    },
    queries: [
      {
        expr: `sum by (band) (rate(regno_decisions_total{${REGNO}}[$__rate_interval])) / scalar(sum(rate(regno_decisions_total{${REGNO}}[$__rate_interval])))`,
        legend: '{{band}}',
      },
    ],
  }),
];

const workers = [
  timeline({
    title: 'Worker map: how busy each worker is',
    about: 'One row per worker slot. Good: green, all alike. Bad: red, or a gap where it was dead.',
    unit: 'percentunit',
    decimals: 0,
    width: 12,
    steps: lowIsGood(0.6, 0.9),
    query: {
      expr: `max by (instance, worker) (regno_worker_event_loop_utilization_ratio{${REGNO}})`,
      legend: '{{instance}} / {{worker}}',
    },
  }),
  overview({
    title: 'Workers',
    about:
      'One row per worker. Good: reports seconds old, memory under 200 MB, golden check passed.',
    width: 12,
    labels: { instance: 'Instance', worker: 'Worker' },
    columns: [
      {
        name: 'Busy',
        unit: 'percentunit',
        decimals: 0,
        steps: lowIsGood(0.6, 0.9),
        expr: `max by (instance, worker) (regno_worker_event_loop_utilization_ratio{${REGNO}})`,
      },
      {
        name: 'CPU',
        unit: 'percentunit',
        decimals: 0,
        expr: `sum by (instance, worker) (rate(regno_worker_cpu_seconds_total{${REGNO}}[$__rate_interval]))`,
      },
      {
        name: 'Memory',
        unit: 'bytes',
        decimals: 0,
        steps: lowIsGood(200e6, 300e6),
        expr: `max by (instance, worker) (regno_worker_resident_memory_bytes{${REGNO}})`,
      },
      {
        name: 'In flight',
        unit: 'short',
        expr: `sum by (instance, worker) (regno_http_inflight_requests{${REGNO}})`,
      },
      {
        name: 'Last report',
        unit: 's',
        decimals: 0,
        steps: lowIsGood(10, 30),
        expr: `time() - max by (instance, worker) (regno_worker_last_report_timestamp_seconds{${REGNO}})`,
      },
      {
        name: 'Golden check',
        unit: 'short',
        steps: highIsGood(1, 1),
        expr: `min by (instance, worker) (regno_golden_check_passed{${REGNO}})`,
      },
      {
        name: 'Deaths (1 h)',
        unit: 'short',
        decimals: 0,
        steps: lowIsGood(0.5, 3),
        expr: `sum by (instance, worker) (increase(regno_worker_exits_total{${REGNO},reason!="clean"}[1h]))`,
      },
    ],
  }),
  graph({
    title: 'Workers by state',
    about: 'Good: all ready. Bad: starting or unready for long; each dip is a worker that went.',
    unit: 'short',
    width: 8,
    height: 6,
    stacked: true,
    min: 0,
    decimals: 0,
    colors: {
      '/^ready/': COLOR.good,
      '/starting/': COLOR.calm,
      '/unready/': COLOR.bad,
      '/draining/': COLOR.quiet,
    },
    queries: [{ expr: `sum by (state) (regno_workers{${REGNO}})`, legend: '{{state}}' }],
  }),
  graph({
    title: 'Reloads',
    about:
      'Per hour, by result. Good: done. Bad: refused; the last one refused or no registry, as 1.',
    unit: 'short',
    width: 8,
    height: 6,
    min: 0,
    decimals: 0,
    colors: { '/^done/': COLOR.good, '/refused/': COLOR.bad },
    queries: [
      {
        expr: `sum by (result) (increase(regno_reloads_total{${REGNO}}[1h]))`,
        legend: '{{result}}',
      },
      {
        expr: `max(1 - regno_last_reload_successful{${REGNO}})`,
        legend: 'last one refused',
      },
      {
        expr: `max(1 - regno_registry_up{${REGNO}})`,
        legend: 'registry not read',
      },
    ],
  }),
  graph({
    title: 'Log lines, Sentry events, trace spans',
    about: 'Per second. Good: a trickle. Bad: errors; lines held back; spans failed or dropped.',
    unit: 'cps',
    width: 8,
    height: 6,
    min: 0,
    colors: { '/error/': COLOR.bad, '/warn/': COLOR.fair, '/held back/': COLOR.second },
    queries: [
      {
        expr: `sum by (level) (rate(regno_log_lines_total{${REGNO}}[$__rate_interval]))`,
        legend: '{{level}}',
      },
      {
        expr: `sum(rate(regno_log_lines_dropped_total{${REGNO}}[$__rate_interval]))`,
        legend: 'held back',
      },
      {
        expr: `sum by (result) (rate(regno_sentry_events_total{${REGNO}}[$__rate_interval]))`,
        legend: 'Sentry {{result}}',
      },
      {
        expr: `sum by (result) (rate(regno_trace_spans_total{${REGNO}}[$__rate_interval]))`,
        legend: 'spans {{result}}',
      },
    ],
  }),
];

/** Is regno well? The four golden signals, the objectives, and the workers. */
export const overviewBoard: Board = {
  uid: 'regno-overview',
  title: 'regno · Overview',
  about: 'Is regno well: traffic, errors, latency, saturation; objectives and budgets; workers.',
  from: '1h',
  variables: REGNO_VARIABLES,
  rows: [
    { title: 'Now', panels: now },
    { title: 'Golden signals', panels: signals },
    { title: 'Objectives', panels: objectives },
    { title: 'Workers', panels: workers },
  ],
};
