import { REGNO, REGNO_VARIABLES, type Board } from '../board.js';
import { COLOR, distribution, figure, graph, lowIsGood } from '../panels.js';

const CLIENT = 'job=~"$generator"';
const GOOD = 'outcome=~"ok|refused"';
const SENT = `sum(rate(regno_generator_requests_total{${CLIENT}}[$__rate_interval]))`;
const LATENCY = `sum by (le) (rate(regno_generator_latency_seconds_bucket{${CLIENT}}[$__rate_interval]))`;
const SERVICE = `sum by (le) (rate(regno_generator_service_seconds_bucket{${CLIENT}}[$__rate_interval]))`;
const SERVER = `sum by (le) (rate(regno_http_request_duration_seconds_bucket{${REGNO},route=~"/reg/?"}[$__rate_interval]))`;
const ANSWERED = `sum(rate(regno_http_requests_total{${REGNO},route=~"/reg/?",method="POST"}[$__rate_interval]))`;

const now = [
  figure({
    title: 'Intended rate',
    about: 'Requests per second that the schedule asks for.',
    unit: 'reqps',
    decimals: 0,
    width: 4,
    none: 'no generator',
    query: { expr: `sum(regno_generator_intended_rate{${CLIENT}})`, legend: 'intended' },
  }),
  figure({
    title: 'Sent',
    about: 'Requests that ended, per second. Good: equal to the intended rate. Bad: below it.',
    unit: 'reqps',
    decimals: 0,
    width: 4,
    none: 'no generator',
    query: { expr: SENT, legend: 'sent' },
  }),
  figure({
    title: '99th percentile, client',
    about: 'From the intended send time. Good: below 5 ms at 500/s. Bad: above 25 ms.',
    unit: 's',
    decimals: 1,
    width: 4,
    none: 'no generator',
    steps: lowIsGood(0.005, 0.025),
    query: { expr: `histogram_quantile(0.99, ${LATENCY})`, legend: 'p99' },
  }),
  figure({
    title: 'Errors, client',
    about: 'Share of requests that did not end well. Good: 0. Bad: anything else.',
    unit: 'percentunit',
    decimals: 2,
    width: 4,
    none: 'no generator',
    steps: lowIsGood(0.0001, 0.001),
    query: {
      expr: `1 - sum(rate(regno_generator_requests_total{${CLIENT},${GOOD}}[$__rate_interval])) / (${SENT} > 0)`,
      legend: 'errors',
    },
  }),
  figure({
    title: 'Late sends',
    about:
      'More than 10 ms behind by its own fault. Good: below 0.1 %. Bad: 1 %, no proof of regno.',
    unit: 'percentunit',
    decimals: 2,
    width: 4,
    none: 'no generator',
    steps: lowIsGood(0.001, 0.01),
    query: {
      expr: `sum(rate(regno_generator_late_sends_total{${CLIENT},behind="10ms"}[$__rate_interval])) / (${SENT} > 0)`,
      legend: 'late',
    },
  }),
  figure({
    title: 'Counts: client to server',
    about:
      'Requests the client ended to those the server answered. Good: 100 %. Bad: lost on the way.',
    unit: 'percentunit',
    decimals: 1,
    width: 4,
    none: 'no generator',
    steps: [
      { at: null, color: COLOR.bad },
      { at: 0.98, color: COLOR.good },
      { at: 1.02, color: COLOR.fair },
    ],
    query: { expr: `${SENT} / (${ANSWERED} > 0)`, legend: 'client / server' },
  }),
];

const rates = [
  graph({
    title: 'Rate: intended, sent, answered',
    about: 'Three views of one stream. Good: one line. Bad: they part: who is the limit?',
    unit: 'reqps',
    width: 12,
    min: 0,
    colors: { '/intended/': COLOR.quiet, '/client/': COLOR.calm, '/server/': COLOR.good },
    queries: [
      { expr: `sum(regno_generator_intended_rate{${CLIENT}})`, legend: 'intended' },
      { expr: SENT, legend: 'client: ended' },
      { expr: ANSWERED, legend: 'server: answered' },
    ],
  }),
  graph({
    title: 'Latency: client over server',
    about:
      'The client counts from the intended send time. Good: close together. Bad: a gap: queues.',
    unit: 's',
    width: 12,
    logarithmic: true,
    colors: {
      '/client 99.9/': COLOR.bad,
      '/client 99 /': COLOR.third,
      '/client 50/': COLOR.fair,
      '/server 99 /': COLOR.calm,
      '/server 50/': COLOR.good,
    },
    queries: [
      { expr: `histogram_quantile(0.999, ${LATENCY})`, legend: 'client 99.9 %' },
      { expr: `histogram_quantile(0.99, ${LATENCY})`, legend: 'client 99 %' },
      { expr: `histogram_quantile(0.5, ${LATENCY})`, legend: 'client 50 %' },
      { expr: `histogram_quantile(0.99, ${SERVER})`, legend: 'server 99 %', withExemplars: true },
      { expr: `histogram_quantile(0.5, ${SERVER})`, legend: 'server 50 %' },
    ],
  }),
  graph({
    title: 'How requests ended',
    about: 'Per second. Good: ok, and refused where faulty on purpose. Bad: anything else.',
    unit: 'reqps',
    width: 12,
    stacked: true,
    min: 0,
    colors: {
      '/^ok/': COLOR.good,
      '/^refused/': COLOR.calm,
      '/status_503/': COLOR.fair,
      '/status_5xx/': COLOR.bad,
      '/timeout/': COLOR.third,
      '/reset|connect/': COLOR.second,
    },
    queries: [
      {
        expr: `sum by (outcome) (rate(regno_generator_requests_total{${CLIENT}}[$__rate_interval])) > 0`,
        legend: '{{outcome}}',
      },
    ],
  }),
  distribution({
    title: 'Latency of the client: distribution',
    about: 'All answers from the intended send time. Good: one low band. Bad: a second one above.',
    unit: 's',
    width: 12,
    query: { expr: LATENCY, legend: '{{le}}' },
  }),
];

const generator = [
  graph({
    title: 'From intended send and from actual send: 99th percentile',
    about:
      'The difference is waiting before the send. Good: none. Bad: the client or its pool waits.',
    unit: 's',
    width: 8,
    min: 0,
    colors: { '/intended/': COLOR.third, '/actual/': COLOR.calm },
    queries: [
      { expr: `histogram_quantile(0.99, ${LATENCY})`, legend: 'from intended send' },
      { expr: `histogram_quantile(0.99, ${SERVICE})`, legend: 'from actual send' },
    ],
  }),
  graph({
    title: 'In flight, waiting, connections',
    about: 'At the client. Good: few in flight, none waiting. Bad: waiting: no free connection.',
    unit: 'short',
    width: 8,
    min: 0,
    colors: { '/flight/': COLOR.calm, '/waiting/': COLOR.bad, '/connections/': COLOR.quiet },
    queries: [
      { expr: `sum(regno_generator_inflight{${CLIENT}})`, legend: 'in flight' },
      { expr: `sum(regno_generator_waiting{${CLIENT}})`, legend: 'waiting' },
      { expr: `sum(regno_generator_connections{${CLIENT}})`, legend: 'connections' },
    ],
  }),
  graph({
    title: 'How busy the generator is',
    about: 'Busiest sending thread. Good: below 80 %. Bad: near 100 %: it cannot send on time.',
    unit: 'percentunit',
    width: 8,
    min: 0,
    max: 1,
    steps: [
      { at: null, color: 'transparent' },
      { at: 0.9, color: COLOR.bad },
    ],
    colors: { '/busiest/': COLOR.calm },
    queries: [
      {
        expr: `max(regno_generator_utilization_ratio{${CLIENT}})`,
        legend: 'busiest thread',
      },
    ],
  }),
];

/** The generator's view over the server's. */
export const loadProofBoard: Board = {
  uid: 'regno-load-proof',
  title: 'regno · Load proof',
  about: 'The load generator’s view laid over the server’s: do both show the same?',
  from: '30m',
  variables: [
    ...REGNO_VARIABLES,
    {
      name: 'generator',
      label: 'Generator',
      query: 'label_values(regno_generator_intended_rate, job)',
    },
  ],
  rows: [
    { title: 'Now', panels: now },
    { title: 'Client and server', panels: rates },
    { title: 'The generator itself', panels: generator },
  ],
};
