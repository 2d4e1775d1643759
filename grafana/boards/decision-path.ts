import { REGNO, REGNO_VARIABLES, type Board } from '../board.js';
import {
  COLOR,
  distribution,
  figure,
  graph,
  highIsGood,
  lowIsGood,
  overview,
  timeline,
} from '../panels.js';

const STAGE = `sum by (le, stage) (rate(regno_decision_stage_duration_seconds_bucket{${REGNO}}[$__rate_interval]))`;
const MEMORY_LOOKUPS = `sum(rate(regno_cache_requests_total{${REGNO},level="memory"}[$__rate_interval]))`;
const ROWS = `sum(rate(regno_batch_size_rows_sum{${REGNO}}[$__rate_interval]))`;
const RUNS = `sum(rate(regno_batch_size_rows_count{${REGNO}}[$__rate_interval]))`;

const STAGE_COLORS = {
  '/parse/': COLOR.first,
  '/cache/': COLOR.second,
  '/queue/': COLOR.fair,
  '/features/': COLOR.third,
  '/inference/': COLOR.calm,
};

const stages = [
  graph({
    title: 'Stages of a decision: mean',
    about: 'Where the time goes. Good: tens of microseconds each. Bad: one that grows by itself.',
    unit: 's',
    width: 12,
    min: 0,
    colors: STAGE_COLORS,
    queries: [
      {
        expr: `sum by (stage) (rate(regno_decision_stage_duration_seconds_sum{${REGNO}}[$__rate_interval])) / (sum by (stage) (rate(regno_decision_stage_duration_seconds_count{${REGNO}}[$__rate_interval])) > 0)`,
        legend: '{{stage}}',
      },
    ],
  }),
  graph({
    title: 'Stages of a decision: 99th percentile',
    about: 'The slow ones. Good: below a millisecond. Bad: queue or cache near the deadline.',
    unit: 's',
    width: 12,
    logarithmic: true,
    colors: STAGE_COLORS,
    queries: [{ expr: `histogram_quantile(0.99, ${STAGE})`, legend: '{{stage}}' }],
  }),
  distribution({
    title: 'Whole requests: distribution',
    about:
      'Answers 2xx and 5xx of POST /reg/ by time taken. Good: one low band. Bad: a second above.',
    unit: 's',
    width: 12,
    query: {
      expr: `sum by (le) (rate(regno_http_request_duration_seconds_bucket{${REGNO},route=~"/reg/?"}[$__rate_interval]))`,
      legend: '{{le}}',
      withExemplars: true,
    },
  }),
  graph({
    title: 'Time within 25 ms, by route',
    about: 'Share of answers, refusals apart, within the objective. Good: above 99 %. Bad: below.',
    unit: 'percentunit',
    width: 12,
    max: 1,
    steps: [
      { at: null, color: COLOR.bad },
      { at: 0.99, color: 'transparent' },
    ],
    queries: [
      {
        expr: `sum by (route) (rate(regno_http_request_duration_seconds_bucket{${REGNO},le="0.025"}[$__rate_interval])) / (sum by (route) (rate(regno_http_request_duration_seconds_count{${REGNO}}[$__rate_interval])) > 0)`,
        legend: '{{route}}',
      },
    ],
  }),
];

const batches = [
  graph({
    title: 'Readings per run of the model',
    about: 'Batches grow with the load: that is how it is held. Bad: at their limit all the time.',
    unit: 'short',
    width: 6,
    min: 0,
    colors: { '/mean/': COLOR.calm, '/95/': COLOR.second },
    queries: [
      { expr: `${ROWS} / (${RUNS} > 0)`, legend: 'mean' },
      {
        expr: `histogram_quantile(0.95, sum by (le) (rate(regno_batch_size_rows_bucket{${REGNO}}[$__rate_interval])))`,
        legend: '95 %',
      },
    ],
  }),
  graph({
    title: 'Runs and readings of the model',
    about:
      'Per second. Good: fewer runs than readings under load. Bad: readings fall, queue grows.',
    unit: 'cps',
    width: 6,
    min: 0,
    colors: { '/readings/': COLOR.calm, '/runs/': COLOR.third },
    queries: [
      { expr: ROWS, legend: 'readings' },
      { expr: RUNS, legend: 'runs' },
    ],
  }),
  graph({
    title: 'Waiting and in flight',
    about: 'Now, over all workers. Good: near zero. Bad: a queue that never empties.',
    unit: 'short',
    width: 6,
    min: 0,
    colors: { '/waiting/': COLOR.bad, '/flight/': COLOR.calm },
    queries: [
      { expr: `sum(regno_queue_length{${REGNO}})`, legend: 'waiting for a batch' },
      { expr: `sum(regno_readings_inflight{${REGNO}})`, legend: 'readings in flight' },
      { expr: `sum(regno_http_inflight_requests{${REGNO}})`, legend: 'all requests in flight' },
    ],
  }),
  graph({
    title: 'New connections that may wait',
    about: 'Good: flat at REGNO_BACKLOG. Bad: lower; clients give up before they are accepted.',
    unit: 'short',
    width: 6,
    min: 0,
    queries: [
      {
        expr: `min by (instance) (regno_accept_queue_limit{${REGNO}})`,
        legend: '{{instance}}',
      },
    ],
  }),
  graph({
    title: 'Connections',
    about: 'Open now. Good: as many as callers keep. Bad: rising without more readings.',
    unit: 'short',
    width: 12,
    min: 0,
    queries: [{ expr: `sum by (instance) (regno_connections{${REGNO}})`, legend: '{{instance}}' }],
  }),
  graph({
    title: 'Connections ended at a limit',
    about: 'Per second, by limit. Good: none. Bad: full, which keeps out callers with a key.',
    unit: 'cps',
    width: 12,
    min: 0,
    colors: { '/full/': COLOR.bad },
    queries: [
      {
        expr: `sum by (reason) (rate(regno_connections_ended_total{${REGNO}}[$__rate_interval]))`,
        legend: '{{reason}}',
      },
    ],
  }),
];

const cache = [
  figure({
    title: 'Answered from a cache',
    about:
      'Share of readings. Good: what repeats is found. No traffic of repeats, no hits: fine too.',
    unit: 'percentunit',
    decimals: 1,
    width: 4,
    none: 'no look-ups',
    query: {
      expr: `sum(rate(regno_cache_requests_total{${REGNO},result="hit"}[$__rate_interval])) / (${MEMORY_LOOKUPS} > 0)`,
      legend: 'hits',
    },
  }),
  figure({
    title: 'Answers held in memory',
    about: 'Over all workers. Good: below the limit. At the limit the oldest make room.',
    unit: 'short',
    width: 4,
    none: 'memory cache off',
    query: { expr: `sum(regno_cache_entries{${REGNO}})`, legend: 'entries' },
  }),
  figure({
    title: 'Redis',
    about:
      'As the workers see it. Good: up. Degraded: answers stay right, the shared cache is gone.',
    unit: 'short',
    width: 4,
    none: 'not configured',
    steps: highIsGood(1, 1),
    words: {
      '1': { text: 'up', color: COLOR.good },
      '0': { text: 'degraded', color: COLOR.bad },
    },
    query: {
      expr: `min(regno_dependency_up{${REGNO},dependency="redis"})`,
      legend: 'redis',
    },
  }),
  timeline({
    title: 'Breaker before Redis',
    about: 'One row per worker. Good: closed. Bad: open, Redis is not asked, or takes no answers.',
    unit: 'short',
    width: 12,
    height: 4,
    words: {
      '0': { text: 'closed', color: COLOR.good },
      '1': { text: 'half open', color: COLOR.fair },
      '2': { text: 'open', color: COLOR.bad },
    },
    query: {
      expr: `max by (instance, worker) (regno_cache_breaker_state{${REGNO}})`,
      legend: '{{instance}} / {{worker}}',
    },
  }),
  graph({
    title: 'Memory: look-ups by result',
    about: 'Per second. Hits are answered before the body is parsed; misses go on to Redis.',
    unit: 'reqps',
    width: 8,
    stacked: true,
    min: 0,
    colors: { '/hit/': COLOR.good, '/miss/': COLOR.quiet },
    queries: [
      {
        expr: `sum by (result) (rate(regno_cache_requests_total{${REGNO},level="memory"}[$__rate_interval]))`,
        legend: '{{result}}',
      },
    ],
  }),
  graph({
    title: 'Redis: look-ups by result',
    about: 'Per second. Good: hits and misses. Bad: timeout, error; skipped is the open breaker.',
    unit: 'reqps',
    width: 8,
    stacked: true,
    min: 0,
    colors: {
      '/hit/': COLOR.good,
      '/miss/': COLOR.quiet,
      '/timeout/': COLOR.fair,
      '/error/': COLOR.bad,
      '/skipped/': COLOR.second,
    },
    queries: [
      {
        expr: `sum by (result) (rate(regno_cache_requests_total{${REGNO},level="redis"}[$__rate_interval]))`,
        legend: '{{result}}',
      },
    ],
  }),
  graph({
    title: 'Hit ratio by level, and shared computations',
    about: 'Share of the look-ups. A fall to a quarter of the past day raises an alert.',
    unit: 'percentunit',
    width: 8,
    min: 0,
    max: 1,
    colors: { '/memory/': COLOR.calm, '/redis/': COLOR.second, '/shared/': COLOR.first },
    queries: [
      {
        expr: `sum by (level) (rate(regno_cache_requests_total{${REGNO},result="hit"}[$__rate_interval])) / (sum by (level) (rate(regno_cache_requests_total{${REGNO},result!="skipped"}[$__rate_interval])) > 0)`,
        legend: '{{level}}',
      },
      {
        expr: `sum(rate(regno_cache_coalesced_total{${REGNO}}[$__rate_interval])) / (${MEMORY_LOOKUPS} > 0)`,
        legend: 'shared in flight',
      },
    ],
  }),
  timeline({
    title: 'What keeps Redis from use',
    about:
      'What fails, and why (see the runbook), for how many workers. Good: none. Bad: a row that stays.',
    unit: 'short',
    width: 8,
    steps: [{ at: null, color: COLOR.bad }],
    query: {
      expr: `sum by (instance, command, cause) (regno_dependency_failing{${REGNO},dependency="redis"}) > 0`,
      legend: '{{instance}} {{command}}: {{cause}}',
    },
  }),
  graph({
    title: 'Redis: stores by result',
    about: 'Per second. Good: ok, as often as misses. Bad: error; skipped is the open breaker.',
    unit: 'reqps',
    width: 8,
    stacked: true,
    min: 0,
    colors: { '/ok/': COLOR.good, '/error/': COLOR.bad, '/skipped/': COLOR.second },
    queries: [
      {
        expr: `sum by (result) (rate(regno_cache_stores_total{${REGNO}}[$__rate_interval]))`,
        legend: '{{result}}',
      },
    ],
  }),
  graph({
    title: 'Redis: failures by cause',
    about:
      'Per second, attempts to connect included. Good: none. A worker without Redis tries each second.',
    unit: 'ops',
    width: 8,
    stacked: true,
    min: 0,
    queries: [
      {
        expr: `sum by (command, cause) (rate(regno_cache_failures_total{${REGNO}}[$__rate_interval])) > 0`,
        legend: '{{command}}: {{cause}}',
      },
    ],
  }),
];

const model = [
  overview({
    title: 'Models being served',
    about:
      'Good: one digest on all workers, golden difference about 1e-16. Bad: two, or no golden readings.',
    width: 12,
    height: 6,
    labels: { instance: 'Instance', name: 'Model', version: 'Version', digest: 'Digest' },
    columns: [
      {
        name: 'Workers',
        unit: 'short',
        expr: `count by (instance, name, version, digest) (regno_model_info{${REGNO}})`,
      },
      {
        name: 'Golden readings',
        unit: 'short',
        steps: highIsGood(1, 1),
        expr: `min by (instance, name, version, digest) (regno_model_info{${REGNO}} * on (instance, worker) group_left () regno_golden_check_rows{${REGNO}})`,
      },
      {
        name: 'Golden check',
        unit: 'short',
        steps: highIsGood(1, 1),
        expr: `min by (instance, name, version, digest) (regno_model_info{${REGNO}} * on (instance, worker) group_left () regno_golden_check_passed{${REGNO}})`,
      },
      {
        name: 'Golden difference',
        unit: 'sci',
        steps: lowIsGood(1e-12, 1e-6),
        expr: `max by (instance, name, version, digest) (regno_model_info{${REGNO}} * on (instance, worker) group_left () regno_golden_check_difference_max{${REGNO}})`,
      },
    ],
  }),
  graph({
    title: 'Faulty fields of refused bodies',
    about: 'Per second. Good: none. Bad: one field jumps: a sender has changed.',
    unit: 'cps',
    width: 6,
    height: 6,
    stacked: true,
    min: 0,
    queries: [
      {
        expr: `sum by (field) (rate(regno_invalid_fields_total{${REGNO}}[$__rate_interval]))`,
        legend: '{{field}}',
      },
    ],
  }),
  graph({
    title: 'Faults of regno itself',
    about: 'Per second. Good: none, ever. Each has its line in the log and its group in Sentry.',
    unit: 'cps',
    width: 6,
    height: 6,
    min: 0,
    colors: { '/inference/': COLOR.bad, '/unexpected/': COLOR.third, '/uncaught/': COLOR.second },
    queries: [
      {
        expr: `sum by (kind) (rate(regno_internal_errors_total{${REGNO}}[$__rate_interval]))`,
        legend: '{{kind}}',
      },
    ],
  }),
];

/** Where a decision spends its time. */
export const decisionPathBoard: Board = {
  uid: 'regno-decision-path',
  title: 'regno · Decision path',
  about: 'Where a decision spends its time: stages, batches, caches, model.',
  from: '1h',
  variables: REGNO_VARIABLES,
  rows: [
    { title: 'Stages', panels: stages },
    { title: 'Batches', panels: batches },
    { title: 'Cache', panels: cache },
    { title: 'Model and faults', panels: model },
  ],
};
