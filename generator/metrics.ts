import { OUTCOMES } from './outcomes.js';

/** One metric of the generator's own /metrics: the client's view, to be laid over the service's. */
export interface MetricEntry {
  readonly name: `regno_generator_${string}`;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/**
 * Upper edges of the latency histograms, in seconds. The service's goals (5 ms, 20 ms) lie on or between
 * edges that are close together.
 */
export const LATENCY_EDGES_SECONDS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** Every metric that the generator exposes; nothing else is exposed under its prefix. */
export const METRICS = {
  requests: {
    name: 'regno_generator_requests_total',
    type: 'counter',
    help: `Requests by how they ended: ${OUTCOMES.join(', ')}.`,
    labels: ['outcome'],
  },
  latency: {
    name: 'regno_generator_latency_seconds',
    type: 'histogram',
    help: 'From the intended send time to the last byte of the answer; good answers and time-outs.',
    labels: [],
  },
  service: {
    name: 'regno_generator_service_seconds',
    type: 'histogram',
    help: 'From the actual send to the last byte of the answer; good answers and time-outs.',
    labels: [],
  },
  lateSends: {
    name: 'regno_generator_late_sends_total',
    type: 'counter',
    help: "Sends behind schedule by the generator's own fault: by 1 to 10 ms, or by over 10 ms.",
    labels: ['behind'],
  },
  intendedRate: {
    name: 'regno_generator_intended_rate',
    type: 'gauge',
    help: 'Requests per second that the schedule intends now.',
    labels: [],
  },
  inflight: {
    name: 'regno_generator_inflight',
    type: 'gauge',
    help: 'Requests sent and not yet answered.',
    labels: [],
  },
  waiting: {
    name: 'regno_generator_waiting',
    type: 'gauge',
    help: 'Requests that are due and wait for a free connection.',
    labels: [],
  },
  connections: {
    name: 'regno_generator_connections',
    type: 'gauge',
    help: 'Open connections.',
    labels: [],
  },
  utilization: {
    name: 'regno_generator_utilization_ratio',
    type: 'gauge',
    help: "Busy share of the busiest sending thread's event loop, 0..1; near 1 it cannot send on time.",
    labels: [],
  },
  roadHour: {
    name: 'regno_generator_road_hour',
    type: 'gauge',
    help: 'Hour of the day on the simulated road, 0..24 (drive only).',
    labels: [],
  },
} as const satisfies Record<string, MetricEntry>;
