import { REGNO, REGNO_VARIABLES, type Board } from '../board.js';
import { COLOR, graph, lowIsGood, overview, timeline, type Column } from '../panels.js';

const CLASS = `${REGNO},camera_class=~"$camera_class"`;
const RECORDED = 'job=~"$job",camera_class=~"$camera_class"';

/** A counter of the health board per reading, by the given labels. */
function perReading(by: string, counter: string, window: string, extra = ''): string {
  const counted = `sum by (${by}) (rate(${counter}{${CLASS}${extra}}[${window}]))`;
  const readings = `sum by (${by}) (rate(regno_camera_readings_total{${CLASS}}[${window}]))`;
  return `${counted} / (${readings} > 0)`;
}

function columns(by: string): readonly Column[] {
  const share = { unit: 'percentunit', decimals: 1 };
  return [
    {
      name: 'Readings/s',
      unit: 'short',
      decimals: 1,
      expr: `sum by (${by}) (rate(regno_camera_readings_total{${CLASS}}[15m]))`,
    },
    {
      name: 'Network picked',
      ...share,
      expr: perReading(by, 'regno_camera_positive_total', '15m'),
    },
    {
      name: 'Mean score',
      unit: 'short',
      decimals: 2,
      expr: perReading(by, 'regno_camera_score_sum_total', '15m'),
    },
    {
      name: 'Uncertainty',
      unit: 'short',
      decimals: 2,
      steps: lowIsGood(0.3, 0.5),
      expr: perReading(by, 'regno_camera_symbol_uncertainty_sum_total', '15m'),
    },
    {
      name: 'Camera misses',
      ...share,
      steps: lowIsGood(0.4, 0.7),
      expr: perReading(by, 'regno_camera_template_misses_total', '15m', ',side="camera"'),
    },
    {
      name: 'Network misses',
      ...share,
      steps: lowIsGood(0.2, 0.4),
      expr: perReading(by, 'regno_camera_template_misses_total', '15m', ',side="network"'),
    },
    {
      name: 'Unread symbols',
      unit: 'short',
      decimals: 2,
      steps: lowIsGood(0.5, 1.5),
      expr: perReading(by, 'regno_camera_unread_symbols_total', '15m'),
    },
    {
      name: 'Length differs',
      ...share,
      steps: lowIsGood(0.3, 0.6),
      expr: perReading(by, 'regno_camera_length_mismatches_total', '15m'),
    },
    {
      name: 'Refused/s',
      unit: 'short',
      decimals: 2,
      steps: lowIsGood(0.1, 1),
      expr: `sum by (${by}) (rate(regno_camera_refusals_total{${CLASS}}[15m]))`,
    },
  ];
}

/** Warnings are counted by class alone. */
const WARNINGS: Column = {
  name: 'Warnings',
  unit: 'short',
  decimals: 2,
  steps: lowIsGood(0.05, 0.3),
  expr: perReading('camera_class', 'regno_reading_warnings_total', '15m'),
};

const health = [
  overview({
    title: 'Camera classes, last 15 minutes',
    about: 'One row per class. Compare a class with its own past below, not with its neighbour.',
    width: 24,
    height: 9,
    labels: { camera_class: 'Class' },
    columns: [...columns('camera_class'), WARNINGS],
    sortBy: 'Readings/s',
  }),
  timeline({
    title: 'Which class has changed, and since when',
    about: 'Largest shift of any signal in standard errors. Good: green. Bad: red from 14:10 on.',
    unit: 'short',
    decimals: 1,
    width: 24,
    height: 8,
    steps: lowIsGood(3, 4),
    query: {
      expr: `max by (camera_class) (abs(camera_class:regno_camera_signal:standard_errors{${RECORDED}}) and abs(camera_class:regno_camera_signal:shift{${RECORDED}}) > 0.05) or max by (camera_class) (camera_class:regno_camera_readings:rate15m{${RECORDED}}) * 0`,
      legend: '{{camera_class}}',
    },
  }),
];

function signal(title: string, about: string, unit: string, expr: string) {
  return graph({
    title,
    about,
    unit,
    width: 8,
    min: 0,
    queries: [{ expr, legend: '{{camera_class}}' }],
  });
}

const signals = [
  signal(
    'Network picked',
    'Share of readings with positive >= 0.5. Good: steady. Bad: a step that no deploy explains.',
    'percentunit',
    perReading('camera_class', 'regno_camera_positive_total', '5m'),
  ),
  signal(
    'Mean score',
    'Mean positive probability. Moves before the share does. Good: steady. Bad: a step or a slope.',
    'short',
    perReading('camera_class', 'regno_camera_score_sum_total', '5m'),
  ),
  signal(
    'Symbol uncertainty',
    'Mean of 1 - lowest symbol score. Good: low, steady. Bad: up: dirt, angle, night, snow.',
    'short',
    perReading('camera_class', 'regno_camera_symbol_uncertainty_sum_total', '5m'),
  ),
  signal(
    'Camera reads no known plate',
    'Share of camera readings that fit no template. Good: steady. Bad: up alone: the firmware.',
    'percentunit',
    perReading('camera_class', 'regno_camera_template_misses_total', '5m', ',side="camera"'),
  ),
  signal(
    'Network reads no known plate',
    'Share of network readings that fit no template. Good: low. Bad: up: bad pictures.',
    'percentunit',
    perReading('camera_class', 'regno_camera_template_misses_total', '5m', ',side="network"'),
  ),
  signal(
    'Lengths differ',
    'Share where camera and network disagree on the number of symbols. Good: steady.',
    'percentunit',
    perReading('camera_class', 'regno_camera_length_mismatches_total', '5m'),
  ),
  signal(
    'Readings',
    'Per second and class. Good: the usual curve of the day. Bad: a class falls silent.',
    'reqps',
    `sum by (camera_class) (rate(regno_camera_readings_total{${CLASS}}[5m]))`,
  ),
  signal(
    'Unread symbols per reading',
    'Symbols the camera left unread. Good: steady. Bad: up.',
    'short',
    perReading('camera_class', 'regno_camera_unread_symbols_total', '5m'),
  ),
  signal(
    'Refused bodies',
    'Share of a class refused as faulty. Good: 0. Bad: above 5 %, an alert.',
    'percentunit',
    `camera_class:regno_camera_refused:ratio15m{${RECORDED}}`,
  ),
];

const odd = [
  graph({
    title: 'Odd readings by kind',
    about:
      'Share of a class with this warning. Good: none, or steady. Bad: a class begins, an alert.',
    unit: 'percentunit',
    width: 24,
    min: 0,
    queries: [
      {
        expr: `camera_class_kind:regno_reading_warnings:ratio15m{${RECORDED}}`,
        legend: '{{camera_class}} {{kind}}',
      },
    ],
  }),
];

const shifts = [
  graph({
    title: 'Shift against the own past day',
    about: 'Last 15 minutes minus the day before. Good: within 0.1. Bad: beyond, an alert.',
    unit: 'short',
    width: 24,
    steps: [
      { at: null, color: COLOR.bad },
      { at: -0.1, color: 'transparent' },
      { at: 0.1, color: COLOR.bad },
    ],
    queries: [
      {
        expr: `camera_class:regno_camera_signal:shift{${RECORDED}}`,
        legend: '{{camera_class}} {{signal}}',
      },
    ],
  }),
  overview({
    title: 'By class and type, last 15 minutes',
    about: 'One row per class and type: is it the class, or one type of its cameras?',
    width: 24,
    height: 9,
    labels: { camera_class: 'Class', camera_type: 'Type' },
    columns: columns('camera_class, camera_type'),
    sortBy: 'Readings/s',
  }),
];

/** The health of cameras, by class and type. */
export const camerasBoard: Board = {
  uid: 'regno-cameras',
  title: 'regno · Cameras',
  about: 'The health of camera classes, each against its own past.',
  from: '6h',
  variables: [
    ...REGNO_VARIABLES,
    {
      name: 'camera_class',
      label: 'Camera class',
      query: 'label_values(regno_camera_readings_total{job=~"$job"}, camera_class)',
    },
  ],
  rows: [
    { title: 'Health', panels: health },
    { title: 'Signals by class', panels: signals },
    { title: 'Odd readings', panels: odd },
    { title: 'Shifts and types', panels: shifts },
  ],
};
