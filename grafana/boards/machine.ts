import { REGNO, REGNO_VARIABLES, type Board } from '../board.js';
import { COLOR, graph, lowIsGood, overview, timeline } from '../panels.js';

const WORKER = '{{instance}} / {{worker}}';
const NODE = 'job="node"';
const CONTAINER = 'job="cadvisor",name!=""';
const DISK = 'fstype!~"tmpfs|ramfs|overlay|squashfs|devtmpfs|proc"';

function perWorker(title: string, about: string, unit: string, expr: string, max?: number) {
  return graph({
    title,
    about,
    unit,
    width: 8,
    min: 0,
    ...(max === undefined ? {} : { max }),
    queries: [{ expr, legend: WORKER }],
  });
}

const workers = [
  perWorker(
    'Event loop: busy',
    'Share of time. Good: below 60 %. Bad: above 90 % for minutes.',
    'percentunit',
    `max by (instance, worker) (regno_worker_event_loop_utilization_ratio{${REGNO}})`,
    1,
  ),
  perWorker(
    'Event loop: delay, 99th percentile',
    'How late a turn begins. Good: below 5 ms. Bad: above 50 ms: something blocks.',
    's',
    `max by (instance, worker) (regno_worker_event_loop_delay_seconds{${REGNO},percentile="99"})`,
  ),
  perWorker(
    'CPU',
    'Cores per worker. Good: below one. Bad: near one, and the load not held.',
    'short',
    `sum by (instance, worker) (rate(regno_worker_cpu_seconds_total{${REGNO}}[$__rate_interval]))`,
  ),
  perWorker(
    'Resident memory',
    'Per worker. Good: flat, below 200 MB. Bad: a slope over hours.',
    'bytes',
    `max by (instance, worker) (regno_worker_resident_memory_bytes{${REGNO}})`,
  ),
  perWorker(
    'JavaScript heap',
    'Per worker, a saw. Good: its low points stay level. Bad: they climb: a leak.',
    'bytes',
    `max by (instance, worker) (regno_worker_heap_used_bytes{${REGNO}})`,
  ),
  graph({
    title: 'Garbage collection',
    about: 'Share of one core, by kind. Good: below 5 %. Bad: major collections all the time.',
    unit: 'percentunit',
    width: 8,
    stacked: true,
    min: 0,
    colors: {
      '/minor/': COLOR.calm,
      '/major/': COLOR.bad,
      '/incremental/': COLOR.fair,
      '/weak/': COLOR.quiet,
    },
    queries: [
      {
        expr: `sum by (kind) (rate(regno_worker_gc_seconds_total{${REGNO}}[$__rate_interval]))`,
        legend: '{{kind}}',
      },
    ],
  }),
  graph({
    title: 'Primary: memory',
    about: 'The process that keeps the workers. Good: flat, below 150 MB. Bad: a slope.',
    unit: 'bytes',
    width: 8,
    min: 0,
    queries: [
      { expr: `regno_primary_process_resident_memory_bytes{${REGNO}}`, legend: '{{instance}}' },
    ],
  }),
  graph({
    title: 'Primary: CPU',
    about: 'Cores. Good: a few hundredths. Bad: more: it hands out connections too often.',
    unit: 'short',
    width: 8,
    min: 0,
    queries: [
      {
        expr: `rate(regno_primary_process_cpu_seconds_total{${REGNO}}[$__rate_interval])`,
        legend: '{{instance}}',
      },
    ],
  }),
  graph({
    title: 'Primary: open files',
    about: 'Descriptors, sockets included. Good: follows the connections. Bad: only grows.',
    unit: 'short',
    width: 8,
    min: 0,
    queries: [{ expr: `regno_primary_process_open_fds{${REGNO}}`, legend: '{{instance}}' }],
  }),
];

const machine = [
  graph({
    title: 'Machine: CPU',
    about:
      'Share of all cores in use. Good: below 70 %. Bad: 100 %, or much steal on a shared host.',
    unit: 'percentunit',
    width: 8,
    stacked: true,
    min: 0,
    max: 1,
    queries: [
      {
        expr: `avg by (mode) (rate(node_cpu_seconds_total{${NODE},mode!="idle"}[$__rate_interval])) > 0.001`,
        legend: '{{mode}}',
      },
    ],
  }),
  graph({
    title: 'Machine: memory available',
    about: 'Share. Good: above 25 %. Bad: below 10 %, an alert.',
    unit: 'percentunit',
    width: 8,
    min: 0,
    max: 1,
    steps: [
      { at: null, color: COLOR.bad },
      { at: 0.1, color: 'transparent' },
    ],
    queries: [{ expr: 'instance:memory_available:ratio', legend: '{{instance}}' }],
  }),
  graph({
    title: 'Machine: disk available',
    about: 'Share per file system. Good: above 25 %. Bad: below 10 %, or falling fast.',
    unit: 'percentunit',
    width: 8,
    min: 0,
    max: 1,
    steps: [
      { at: null, color: COLOR.bad },
      { at: 0.1, color: 'transparent' },
    ],
    queries: [
      {
        expr: `min by (instance, mountpoint) (node_filesystem_avail_bytes{${NODE},${DISK}} / node_filesystem_size_bytes{${NODE},${DISK}})`,
        legend: '{{instance}} {{mountpoint}}',
      },
    ],
  }),
];

const containers = [
  graph({
    title: 'Containers: CPU',
    about: 'Cores per container. Good: regno and the generator lead. Bad: somebody else does.',
    unit: 'short',
    width: 6,
    min: 0,
    queries: [
      {
        expr: `sum by (name) (rate(container_cpu_usage_seconds_total{${CONTAINER}}[$__rate_interval]))`,
        legend: '{{name}}',
      },
    ],
  }),
  graph({
    title: 'Containers: memory',
    about: 'Working set. Good: flat. Bad: near its limit: the kernel kills it there.',
    unit: 'bytes',
    width: 6,
    min: 0,
    queries: [
      {
        expr: `sum by (name) (container_memory_working_set_bytes{${CONTAINER}})`,
        legend: '{{name}}',
      },
    ],
  }),
  graph({
    title: 'Containers: time held back',
    about: 'Seconds per second that the CPU limit takes. Good: 0. Bad: above 0.1: latency suffers.',
    unit: 'short',
    width: 6,
    min: 0,
    queries: [
      {
        expr: `sum by (name) (rate(container_cpu_cfs_throttled_seconds_total{${CONTAINER}}[$__rate_interval]))`,
        legend: '{{name}}',
      },
    ],
  }),
  graph({
    title: 'Containers: network',
    about: 'Bytes per second, in and out. Good: follows the load. Bad: somebody else leads.',
    unit: 'Bps',
    width: 6,
    min: 0,
    queries: [
      {
        expr: `sum by (name) (rate(container_network_receive_bytes_total{${CONTAINER}}[$__rate_interval])) + sum by (name) (rate(container_network_transmit_bytes_total{${CONTAINER}}[$__rate_interval]))`,
        legend: '{{name}}',
      },
    ],
  }),
];

const redis = [
  graph({
    title: 'Redis: commands',
    about: 'Per second. Good: follows the misses of the memory cache.',
    unit: 'ops',
    width: 6,
    min: 0,
    queries: [
      {
        expr: 'sum by (instance) (rate(redis_commands_processed_total[$__rate_interval]))',
        legend: '{{instance}}',
      },
    ],
  }),
  graph({
    title: 'Redis: memory',
    about: 'Used, and the limit. A cache may fill it: the least used answers make room.',
    unit: 'bytes',
    width: 6,
    min: 0,
    colors: { '/limit/': COLOR.quiet, '/used/': COLOR.calm },
    queries: [
      { expr: 'sum by (instance) (redis_memory_used_bytes)', legend: 'used' },
      { expr: 'sum by (instance) (redis_memory_max_bytes)', legend: 'limit' },
    ],
  }),
  graph({
    title: 'Redis: keys evicted and expired',
    about: 'Per second. Good: few evicted. Bad: evicted as fast as written: too small.',
    unit: 'cps',
    width: 6,
    min: 0,
    colors: { '/evicted/': COLOR.third, '/expired/': COLOR.quiet },
    queries: [
      {
        expr: 'sum(rate(redis_evicted_keys_total[$__rate_interval]))',
        legend: 'evicted',
      },
      {
        expr: 'sum(rate(redis_expired_keys_total[$__rate_interval]))',
        legend: 'expired',
      },
    ],
  }),
  graph({
    title: 'Redis: clients',
    about: 'Connections. Good: one for each worker and the exporter. Bad: it grows.',
    unit: 'short',
    width: 6,
    min: 0,
    queries: [{ expr: 'sum by (instance) (redis_connected_clients)', legend: '{{instance}}' }],
  }),
];

const watch = [
  timeline({
    title: 'Targets: what Prometheus can reach',
    about: 'One row per target. Good: up. Bad: down, or a row that ends.',
    unit: 'short',
    width: 12,
    words: {
      '1': { text: 'up', color: COLOR.good },
      '0': { text: 'down', color: COLOR.bad },
    },
    query: { expr: 'min by (job, instance) (up)', legend: '{{job}} {{instance}}' },
  }),
  overview({
    title: 'What watching costs',
    about: 'One row per target. Good: a scrape takes milliseconds. Bad: series without end.',
    width: 12,
    labels: { job: 'Job', instance: 'Target' },
    columns: [
      {
        name: 'Scrape takes',
        unit: 's',
        decimals: 1,
        steps: lowIsGood(0.5, 2),
        expr: 'max by (job, instance) (scrape_duration_seconds)',
      },
      {
        name: 'Samples',
        unit: 'short',
        decimals: 0,
        steps: lowIsGood(10_000, 50_000),
        expr: 'max by (job, instance) (scrape_samples_scraped)',
      },
      {
        name: 'New series',
        unit: 'short',
        decimals: 0,
        expr: 'max by (job, instance) (scrape_series_added)',
      },
    ],
    sortBy: 'Samples',
  }),
];

/** Containers, event loops, memory, garbage collection, Redis, and the watch itself. */
export const machineBoard: Board = {
  uid: 'regno-machine',
  title: 'regno · Machine',
  about: 'What regno stands on: event loops, memory, machine, containers, Redis, the watch itself.',
  from: '3h',
  variables: REGNO_VARIABLES,
  rows: [
    { title: 'Workers and primary', panels: workers },
    { title: 'Machine', panels: machine },
    { title: 'Containers', panels: containers },
    { title: 'Redis', panels: redis },
    { title: 'The watch itself', panels: watch },
  ],
};
