/**
 * Every metric that regno emits: the one place where a name, its labels, its unit and its meaning
 * are written down. docs/metrics.md is generated from it, and a test holds that each is emitted.
 *
 * Label values are bounded: routes are templates, camera classes beyond the limit become `other`.
 * `worker` is the slot number (1..WORKERS), which a restarted worker inherits.
 */

export type MetricKind = 'counter' | 'gauge' | 'histogram';

export interface MetricDefinition {
  readonly kind: MetricKind;
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper edges of a histogram's buckets, ascending; +Inf is implied. */
  readonly buckets?: readonly number[];
}

/** Edges at the objectives: 5 ms, 25 ms, and the open-loop goals of the load proof. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** A stage takes microseconds when all is well. */
const STAGE_SECONDS = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
];

const BATCH_ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

function counter(name: string, labels: readonly string[], help: string): MetricDefinition {
  return { kind: 'counter', name, labels, help };
}

function gauge(name: string, labels: readonly string[], help: string): MetricDefinition {
  return { kind: 'gauge', name, labels, help };
}

function histogram(
  name: string,
  labels: readonly string[],
  buckets: readonly number[],
  help: string,
): MetricDefinition {
  return { kind: 'histogram', name, labels, help, buckets };
}

export const METRICS = {
  httpRequests: counter(
    'regno_http_requests_total',
    ['route', 'method', 'status'],
    'Answered HTTP requests by route template, method and status; status "aborted" is a client that left before its answer.',
  ),
  httpDuration: histogram(
    'regno_http_request_duration_seconds',
    ['route'],
    REQUEST_SECONDS,
    'From the head of a request to the end of its answer, the upload of its body included; answers 2xx, 3xx and 5xx.',
  ),
  httpInflight: gauge(
    'regno_http_inflight_requests',
    ['worker'],
    'Requests accepted and not yet answered.',
  ),
  readingsInflight: gauge(
    'regno_readings_inflight',
    ['worker'],
    'Readings between key and answer, which REGNO_INFLIGHT_MAX bounds.',
  ),
  connections: gauge('regno_connections', ['worker'], 'Connections of clients that are open.'),
  connectionEnds: counter(
    'regno_connections_ended_total',
    ['reason'],
    'Connections ended to stay within limits: evicted (idle and without a key, to make room), full and address_full (no room for a new one), pipelined (too many requests at once), unread (answers that nobody read).',
  ),
  stageDuration: histogram(
    'regno_decision_stage_duration_seconds',
    ['stage'],
    STAGE_SECONDS,
    'Stages of a decision: parse (a body to a reading), cache (look-up in Redis), queue (waiting for a batch), features (a batch to tensors), inference (one run of the graph).',
  ),
  batchSize: histogram(
    'regno_batch_size_rows',
    [],
    BATCH_ROWS,
    'Readings scored in one run of the graph.',
  ),
  queueLength: gauge('regno_queue_length', ['worker'], 'Readings that wait for a batch.'),
  acceptQueueLimit: gauge(
    'regno_accept_queue_limit',
    ['worker'],
    'New connections that may wait to be accepted, as a worker last set it; under REGNO_BACKLOG while clients give up before they are.',
  ),
  cacheRequests: counter(
    'regno_cache_requests_total',
    ['level', 'result'],
    'Look-ups by level (memory, redis) and result (hit, miss, error, timeout, skipped).',
  ),
  cacheCoalesced: counter(
    'regno_cache_coalesced_total',
    [],
    'Readings that shared the computation of an identical reading in flight.',
  ),
  cacheEntries: gauge('regno_cache_entries', ['worker'], 'Answers held in memory.'),
  cacheStores: counter(
    'regno_cache_stores_total',
    ['result'],
    'Answers given to Redis to keep, by result: ok, error, skipped (it is known not to take them).',
  ),
  cacheFailures: counter(
    'regno_cache_failures_total',
    ['command', 'cause'],
    'Failures of Redis by what was done (connect, lookup, store; attempts without a request included) and cause, as the runbook lists them (RegnoRedisDegraded).',
  ),
  cacheBreaker: gauge(
    'regno_cache_breaker_state',
    ['worker'],
    'Circuit breaker before Redis, the worse of those of look-ups and of stores: 0 closed, 1 half open, 2 open (at the start too, until a command has succeeded).',
  ),
  dependencyUp: gauge(
    'regno_dependency_up',
    ['dependency', 'worker'],
    '1 where a worker can use what it depends on (redis: look-ups and stores), else 0; absent where it is not configured.',
  ),
  dependencyFailing: gauge(
    'regno_dependency_failing',
    ['dependency', 'worker', 'command', 'cause'],
    '1 for what keeps a worker from using what it depends on, 0 for what did so before; causes as in regno_cache_failures_total.',
  ),
  modelInfo: gauge(
    'regno_model_info',
    ['worker', 'name', 'version', 'digest'],
    '1 for the model that a worker serves; digest is the first 12 hex digits of the SHA-256 of its compiled graph.',
  ),
  goldenPassed: gauge(
    'regno_golden_check_passed',
    ['worker'],
    '1 where the model answered its golden readings right, 0 where not; absent for a model without golden readings.',
  ),
  goldenRows: gauge(
    'regno_golden_check_rows',
    ['worker'],
    'Golden readings that the model answered at the start; 0 for a model without any, which nothing proves.',
  ),
  goldenDifference: gauge(
    'regno_golden_check_difference_max',
    ['worker'],
    'Largest difference between an answer and its golden probability.',
  ),
  decisions: counter(
    'regno_decisions_total',
    ['band'],
    'Decisions by band of the positive probability: 0.0-0.1, 0.1-0.5, 0.5-0.9, 0.9-1.0.',
  ),
  refusals: counter(
    'regno_refusals_total',
    ['reason'],
    'Requests refused: bad_request, unauthorized, not_found, method_not_allowed, request_timeout, body_too_large, unsupported_media_type, headers_too_large, overload_inflight, overload_queue, deadline, too_many_scrapes, primary_unavailable, model_unavailable. docs/errors.md says which codes each of them counts.',
  ),
  invalidFields: counter(
    'regno_invalid_fields_total',
    ['field'],
    'Faulty fields in refused bodies; `body` where the body as a whole is unreadable.',
  ),
  internalErrors: counter(
    'regno_internal_errors_total',
    ['kind'],
    'Faults of regno itself: inference, unexpected, uncaught.',
  ),
  cameraReadings: counter(
    'regno_camera_readings_total',
    ['camera_class', 'camera_type'],
    'Readings scored, by camera class and type; repeats that memory answers are not counted again.',
  ),
  cameraPositive: counter(
    'regno_camera_positive_total',
    ['camera_class', 'camera_type'],
    'Readings where the network was picked (positive >= 0.5).',
  ),
  cameraScoreSum: counter(
    'regno_camera_score_sum_total',
    ['camera_class', 'camera_type'],
    'Sum of the positive probabilities; divide by readings for the mean score.',
  ),
  cameraUncertaintySum: counter(
    'regno_camera_symbol_uncertainty_sum_total',
    ['camera_class', 'camera_type'],
    'Sum of (1 - the lowest symbol score); divide by readings for the mean uncertainty. Of more than 40 readings in 40 ms in a worker, some stand for the others of their camera.',
  ),
  cameraTemplateMisses: counter(
    'regno_camera_template_misses_total',
    ['camera_class', 'camera_type', 'side'],
    'Readings whose plate fits no template, by side (camera, network); estimated under load, as uncertainty is.',
  ),
  cameraUnreadSymbols: counter(
    'regno_camera_unread_symbols_total',
    ['camera_class', 'camera_type'],
    'Symbols that the camera left unread (`_`); estimated under load, as uncertainty is.',
  ),
  cameraLengthMismatches: counter(
    'regno_camera_length_mismatches_total',
    ['camera_class', 'camera_type'],
    'Readings where camera and network disagree on the number of symbols; estimated under load, as uncertainty is.',
  ),
  readingWarnings: counter(
    'regno_reading_warnings_total',
    ['kind', 'camera_class'],
    'Readings scored that had something odd about them, by its kind and camera class; docs/readings.md explains each kind. A reading may have several.',
  ),
  cameraRefusals: counter(
    'regno_camera_refusals_total',
    ['camera_class', 'camera_type'],
    'Bodies refused as faulty that still named their camera.',
  ),
  workers: gauge(
    'regno_workers',
    ['state'],
    'Workers by state: starting, ready, unready, draining.',
  ),
  workerStarts: counter('regno_worker_starts_total', ['worker'], 'Starts of a worker process.'),
  workerExits: counter(
    'regno_worker_exits_total',
    ['worker', 'reason'],
    'Ends of a worker process: clean (asked to), crash (exit code), killed (signal), hung (killed by the primary, as it did not respond).',
  ),
  reloads: counter(
    'regno_reloads_total',
    ['result'],
    'Reloads (SIGHUP, or another version in the registry) by result: done, refused (the model before stays in place).',
  ),
  lastReloadSuccessful: gauge(
    'regno_last_reload_successful',
    [],
    '0 where the last reload was refused, else 1.',
  ),
  registryUp: gauge(
    'regno_registry_up',
    [],
    '0 where the registry could not be read the last time that it was asked, else 1; absent without a registry.',
  ),
  workerReport: gauge(
    'regno_worker_last_report_timestamp_seconds',
    ['worker'],
    'Unix time at which a worker last wrote its counts for the primary; an old one is a stuck worker.',
  ),
  loopUtilization: gauge(
    'regno_worker_event_loop_utilization_ratio',
    ['worker'],
    'Share of the last second in which the event loop was busy.',
  ),
  loopDelay: gauge(
    'regno_worker_event_loop_delay_seconds',
    ['worker', 'percentile'],
    'Delay of the event loop over the last second: 50, 99 and 100 (the maximum).',
  ),
  heapBytes: gauge('regno_worker_heap_used_bytes', ['worker'], 'JavaScript heap in use.'),
  rssBytes: gauge('regno_worker_resident_memory_bytes', ['worker'], 'Resident memory.'),
  cpuSeconds: counter('regno_worker_cpu_seconds_total', ['worker'], 'User and system CPU time.'),
  gcSeconds: counter(
    'regno_worker_gc_seconds_total',
    ['worker', 'kind'],
    'Time spent in garbage collection: minor, major, incremental, weak.',
  ),
  logLines: counter('regno_log_lines_total', ['level'], 'Log lines written.'),
  logLinesDropped: counter(
    'regno_log_lines_dropped_total',
    ['level'],
    'Log lines dropped: by the rate limit, or because standard output does not take them.',
  ),
  sentryEvents: counter(
    'regno_sentry_events_total',
    ['result'],
    'Events for Sentry: sent, dropped.',
  ),
  traceSpans: counter(
    'regno_trace_spans_total',
    ['result'],
    'Spans for the trace collector: exported, failed (it did not take them), dropped (more than the queue or the budget of a second holds).',
  ),
  buildInfo: gauge('regno_build_info', ['version', 'node'], '1; version of regno and of Node.'),
} as const satisfies Record<string, MetricDefinition>;

export type MetricId = keyof typeof METRICS;
