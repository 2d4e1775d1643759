// @ts-check
/**
 * Script of the operator's page: asks for /status.json every two seconds and shows what came. Text
 * is only ever set as text, so nothing of it can become markup.
 *
 * @import { StatusDocument } from '../../telemetry/status/status-board.js'
 * @import { ReloadNote } from '../../telemetry/status/service-views.js'
 */

/** @typedef {string | Node} Cell */
/** @typedef {readonly [name: string, kind?: string]} Column */

const INTERVAL_MS = 2000;
const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}
const main = byId('main');

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {readonly Cell[]} children
 */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * @param {string} title
 * @param {string} size a class of the style
 * @param {readonly Cell[]} children
 */
function panel(title, size, ...children) {
  const id = `h-${title.toLowerCase().replace(/\W+/g, '-')}`;
  const heading = element('h2', { id }, title);
  const section = element('section', { class: size, 'aria-labelledby': id }, heading, ...children);
  main.append(section);
  return section;
}

// Figures in words.

/** @param {number} value @param {number} digits after the point */
const fixed = (value, digits) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
/** @param {number | null | undefined} value */
const whole = (value) => (value === null || value === undefined ? '–' : fixed(value, 0));
/** @param {number} value */
const rate = (value) =>
  value >= 100 ? fixed(value, 0) : fixed(value, value > 0 && value < 10 ? 2 : 1);
/** @param {number | null} value */
const percent = (value) => (value === null ? '–' : `${fixed(value * 100, 1)} %`);
/** @param {number | null} value */
const megabytes = (value) => (value === null ? '–' : `${fixed(value / 1048576, 0)} MB`);

/** @param {number | null} value */
function seconds(value) {
  if (value === null) return '–';
  if (value < 0.1) return `${fixed(value * 1000, value < 0.01 ? 2 : 1)} ms`;
  return value < 1 ? `${fixed(value * 1000, 0)} ms` : `${fixed(value, 1)} s`;
}

/** @type {readonly (readonly [seconds: number, name: string])[]} */
const UNITS = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** @param {number} value seconds */
function duration(value) {
  const first = UNITS.findIndex(([size]) => value >= size);
  if (first < 0) return '0 s';
  let left = Math.floor(value);
  return UNITS.slice(first, first + 2)
    .map(([size, unit]) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return `${count} ${unit}`;
    })
    .join(' ');
}
/** @param {number} value seconds */
const ago = (value) => (value < 1 ? 'just now' : `${duration(value)} ago`);
/** @param {number} at Unix time, ms */
const moment = (at) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
/** @param {string} text @param {string} kind a class of the style */
const word = (text, kind) => element('span', { class: `word ${kind}` }, text);

/**
 * A figure with a line of the last minute.
 *
 * @param {string} title
 * @param {string} kind a class of the style
 */
function tile(title, kind = '') {
  const value = element('p');
  const chart = document.createElementNS(SVG, 'svg');
  const area = document.createElementNS(SVG, 'path');
  const line = document.createElementNS(SVG, 'path');
  chart.setAttribute('class', `spark ${kind}`);
  chart.setAttribute('viewBox', '0 0 60 20');
  chart.setAttribute('preserveAspectRatio', 'none');
  chart.setAttribute('role', 'img');
  area.setAttribute('class', 'area');
  chart.append(area, line);
  panel(title, 'tile', value, chart);
  /**
   * @param {string} text
   * @param {string} unit
   * @param {readonly (number | null)[]} points one a second
   * @param {(value: number) => string} inWords
   */
  return (text, unit, points, inWords) => {
    value.replaceChildren(`${text} `, element('small', {}, unit));
    const known = points.filter((point) => point !== null);
    const top = Math.max(...known, 1e-9);
    const range = `from ${inWords(Math.min(...known))} to ${inWords(Math.max(...known))}`;
    chart.setAttribute(
      'aria-label',
      known.length === 0 ? 'no figures in the last minute' : `last minute: ${range}`,
    );
    const step = 60 / Math.max(1, points.length - 1);
    const path = points
      .map((point, i) => {
        const y = 19 - (18 * (point ?? 0)) / top;
        return `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(2)} ${y.toFixed(2)}`;
      })
      .join('');
    line.setAttribute('d', path);
    area.setAttribute('d', path === '' ? '' : `${path}L60 20L0 20Z`);
  };
}

/**
 * A table that may be wider than its place, and a line that says so where it is.
 *
 * @param {string} label
 * @param {HTMLElement} grid
 * @returns {readonly [hint: HTMLElement, frame: HTMLElement]}
 */
function scrolled(label, grid) {
  const hint = element('p', { class: 'more', hidden: '' }, 'more columns: scroll sideways →');
  const frame = element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': label },
    grid,
  );
  const observer = new ResizeObserver(() => {
    hint.hidden = frame.scrollWidth <= frame.clientWidth;
  });
  observer.observe(frame);
  observer.observe(grid);
  return [hint, frame];
}

/**
 * @param {string} title
 * @param {string} size a class of the style
 * @param {readonly Column[]} columns
 * @param {string} empty shown where there are no rows
 */
function table(title, size, columns, empty) {
  const body = element('tbody');
  const heads = columns.map(([name, kind = '']) =>
    element('th', { scope: 'col', class: kind }, name),
  );
  const grid = element('table', {}, element('thead', {}, element('tr', {}, ...heads)), body);
  const nothing = element('p', { class: 'none' }, 'Not read yet.');
  const [hint, frame] = scrolled(title, grid);
  frame.hidden = true;
  const section = panel(title, size, nothing, hint, frame);
  /** @param {readonly (readonly Cell[])[]} rows */
  const show = (rows) => {
    nothing.textContent = empty;
    nothing.hidden = rows.length > 0;
    frame.hidden = rows.length === 0;
    body.replaceChildren(
      ...rows.map((cells) =>
        element(
          'tr',
          {},
          ...cells.map((cell, i) => {
            const attributes = { class: columns[i]?.[1] ?? '' };
            return i === 0
              ? element('th', { scope: 'row', ...attributes }, cell)
              : element('td', attributes, cell);
          }),
        ),
      ),
    );
  };
  return { show, section };
}

const N = 'number';
const tiles = {
  requests: tile('Requests'),
  errors: tile('Errors', 'bad'),
  refused: tile('Refused'),
  p50: tile('Median latency'),
  p99: tile('99th percentile'),
  batch: tile('Batch'),
};
const workers = table(
  'Workers',
  'wide',
  [
    ['slot'],
    ['state'],
    ['pid', N],
    ['up', N],
    ['restarts', N],
    ['memory', N],
    ['heap', N],
    ['event loop'],
    ['delay p99', N],
    ['in flight', N],
    ['queue', N],
    ['remembered', N],
    ['last report', N],
  ],
  'No worker process is running.',
);
const models = table(
  'Model',
  'half',
  [['name'], ['version'], ['digest'], ['golden check'], ['largest difference', N], ['workers', N]],
  'No worker has reported its model.',
);
const reloadNote = element('p', { class: 'note' });
models.section.append(reloadNote);
const cache = table(
  'Cache, last minute',
  'half',
  [['level'], ['hit rate', N], ['hits', N], ['misses', N], ['failed or skipped', N]],
  'No look-up yet.',
);
const cacheNote = element('p', { class: 'note' });
cache.section.append(cacheNote);
const refusals = table(
  'Refusals by reason',
  'third',
  [['reason'], ['last minute', N], ['total', N]],
  'None since the start.',
);
const dependencies = table(
  'Dependencies',
  'third',
  [['name'], ['state'], ['workers', N], ['why']],
  'None is configured: regno works alone.',
);
const counts = table('Since the start', 'third', [['what'], ['count', N]], '');
const faults = table(
  'Last errors',
  'wide',
  [['time'], ['kind'], ['process'], ['request'], ['message']],
  'None since the start.',
);
const settingsBody = element('tbody');
main.append(
  element(
    'section',
    {},
    element(
      'details',
      {},
      element('summary', {}, 'Configuration'),
      ...scrolled(
        'Configuration',
        element(
          'table',
          {},
          element(
            'thead',
            {},
            element(
              'tr',
              {},
              ...['setting', 'value'].map((name) => element('th', { scope: 'col' }, name)),
            ),
          ),
          settingsBody,
        ),
      ),
    ),
  ),
);

/** @type {Readonly<Record<string, string>>} */
const STATES = { ready: 'good', starting: 'warn', draining: 'warn', unready: 'bad' };
const GOLDEN_CHECKS = { passed: 'good', absent: 'none', failed: 'bad' };
const COUNTS = {
  requests: 'requests to /reg/',
  decisions: 'decisions',
  internalErrors: 'internal errors',
  logLines: 'log lines',
  logLinesDropped: 'log lines dropped',
  sentryEventsSent: 'Sentry events sent',
  sentryEventsDropped: 'Sentry events dropped',
  spansExported: 'trace spans sent',
  spansLost: 'trace spans lost',
};

/** @param {string} state @param {string} text */
function say(state, text) {
  const pill = byId('state');
  // Set only where it changed: a screen reader reads out every change.
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.state = state;
  main.classList.toggle('stale', state === 'silent');
}

/** @param {StatusDocument} status */
function show(status) {
  say(status.state, [status.state, ...status.reasons].join(' · '));
  byId('about').textContent =
    `regno ${status.version} · Node ${status.node} · up ${duration(status.uptimeSeconds)}`;
  document.title = `regno: ${status.state}`;
  const { traffic, perSecond } = status;
  /** @param {keyof typeof traffic} name */
  const each = (name) => perSecond.map((second) => second[name]);
  tiles.requests(rate(traffic.requestsPerSecond), 'a second', each('requestsPerSecond'), rate);
  tiles.errors(rate(traffic.errorsPerSecond), 'a second', each('errorsPerSecond'), rate);
  tiles.refused(rate(traffic.refusedPerSecond), 'a second', each('refusedPerSecond'), rate);
  tiles.p50(seconds(traffic.p50Seconds), '', each('p50Seconds'), seconds);
  tiles.p99(seconds(traffic.p99Seconds), '', each('p99Seconds'), seconds);
  tiles.batch(
    traffic.batchRows === null ? '–' : fixed(traffic.batchRows, 1),
    'readings a run',
    each('batchRows'),
    (rows) => fixed(rows, 1),
  );
  workers.show(
    status.workers.map((one) => [
      String(one.slot),
      word(one.state, STATES[one.state] ?? ''),
      String(one.pid ?? '–'),
      duration(one.uptimeSeconds),
      one.restarts === 0 ? '0' : word(String(one.restarts), 'warn'),
      megabytes(one.rssBytes),
      megabytes(one.heapBytes),
      busy(one.loopUtilization),
      seconds(one.loopDelaySeconds),
      whole(one.inflight),
      whole(one.queue),
      whole(one.cacheEntries),
      one.silentSeconds === null
        ? '–'
        : one.silentSeconds > 10
          ? word(ago(one.silentSeconds), 'bad')
          : ago(one.silentSeconds),
    ]),
  );
  models.show(
    status.models.map((one) => [
      one.name,
      one.version,
      element('code', {}, one.digest),
      word(one.golden, GOLDEN_CHECKS[one.golden]),
      one.goldenDifferenceMax === null ? '–' : one.goldenDifferenceMax.toExponential(1),
      String(one.workers),
    ]),
  );
  reloadNote.textContent = reloadInWords(status.lastReload);
  cache.show(
    status.cache.levels
      .filter((one) => Object.keys(one.results).length > 0)
      .map(({ level, hitRatio, results }) => [
        level,
        percent(hitRatio),
        whole(results.hit),
        whole(results.miss),
        whole(failed(results)),
      ]),
  );
  const breaker =
    status.cache.breaker === null ? '' : `, breaker before Redis ${status.cache.breaker}`;
  cacheNote.textContent = `${whole(status.cache.entries)} answers in memory, ${whole(status.cache.coalesced)} readings shared a computation${breaker}`;
  refusals.show(
    status.refusals.map((one) => [one.reason, whole(one.lastMinute), whole(one.total)]),
  );
  dependencies.show(
    status.dependencies.map((one) => [
      one.name,
      one.workersUp === one.workers
        ? word('up', 'good')
        : one.workersUp === 0
          ? word('down', 'bad')
          : word('partly', 'warn'),
      `${one.workersUp} of ${one.workers}`,
      status.failing
        .filter(({ dependency }) => dependency === one.name)
        .map(({ command, cause }) => `${command}: ${cause}`)
        .join(', '),
    ]),
  );
  counts.show(Object.entries(COUNTS).map(([name, label]) => [label, whole(status.counts[name])]));
  faults.show(
    status.faults.map((one) => [
      moment(one.at),
      word(one.kind, 'bad'),
      one.process,
      one.requestId === undefined ? '–' : element('code', {}, one.requestId),
      one.message,
    ]),
  );
  settingsBody.replaceChildren(
    ...status.settings.map((one) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, element('code', {}, one.variable)),
        element(
          'td',
          {},
          one.value === null ? '–' : `${one.value}${one.unit === null ? '' : ` ${one.unit}`}`,
        ),
      ),
    ),
  );
}

/** @param {Readonly<Record<string, number>>} results look-ups of a cache level */
function failed({ error = 0, timeout = 0, skipped = 0 }) {
  return error + timeout + skipped;
}

/** @param {ReloadNote | null} reload */
function reloadInWords(reload) {
  if (reload === null) return 'Not reloaded since the start.';
  const how =
    reload.result === 'done' ? `done: ${reload.from} → ${reload.to}` : `refused: ${reload.reason}`;
  return `Reload ${moment(reload.at)} ${how}`;
}

/** @param {number | null} ratio share of a second that the event loop was busy */
function busy(ratio) {
  if (ratio === null) return '–';
  const bar = element('meter', {
    min: '0',
    max: '1',
    low: '0.7',
    high: '0.9',
    optimum: '0',
    value: String(ratio),
    'aria-label': `event loop ${percent(ratio)}`,
  });
  return element('span', {}, bar, ` ${fixed(ratio * 100, 0)} %`);
}

let lastAnswerAt = Date.now();
async function poll() {
  try {
    if (!document.hidden) {
      // Relative to a page opened as http://user:key@host it would be refused by the browser.
      const answer = await fetch(location.origin + '/status.json', {
        signal: AbortSignal.timeout(5000),
      });
      if (answer.ok) {
        show(await answer.json());
        lastAnswerAt = Date.now();
      } else if (answer.status === 401) {
        say('silent', 'the key is not accepted any more: reload this page');
      } else {
        say('silent', `status answered ${answer.status}`);
      }
    }
  } catch {
    say('silent', `no answer for ${duration((Date.now() - lastAnswerAt) / 1000)}`);
  }
  setTimeout(() => void poll(), INTERVAL_MS);
}
document.addEventListener('visibilitychange', () => {
  lastAnswerAt = Date.now();
});
void poll();
