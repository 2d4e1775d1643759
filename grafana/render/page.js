/* global document, devicePixelRatio, uPlot, VIEW */
// Draws the dashboard in VIEW (see view.ts) with uPlot. Runs in the page that render.ts makes.
const CELL = { width: 1640 / 24, height: 34, gap: 8 };
const PALETTE = [
  '#5794f2',
  '#56b870',
  '#e0b13e',
  '#b48ede',
  '#f08c5a',
  '#4fb3bf',
  '#e5534b',
  '#8fbc5a',
  '#d683b8',
  '#8e9bb0',
  '#c9a26d',
  '#6d83d8',
];
const GRID = '#222932';
const TICK = '#8a95a5';
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 180, 360, 1440].map((minutes) => minutes * 60);
const FONT = '11px Inter, "DejaVu Sans", sans-serif';

const main = document.createElement('main');
document.body.append(header(), main);
const bottom = Math.max(...VIEW.panels.map(({ at }) => at.y + at.h));
main.style.height = `${bottom * CELL.height}px`;
for (const panel of VIEW.panels) draw(panel);

function header() {
  const head = document.createElement('header');
  const [first, last] = [VIEW.times[0], VIEW.times.at(-1)];
  head.append(element('h1', VIEW.title), element('p', VIEW.about));
  head.append(element('time', `${clock(first)} – ${clock(last)} UTC`));
  return head;
}

function draw(panel) {
  const { at } = panel;
  const box = element('section', '');
  box.className = panel.type === 'row' ? 'row' : 'panel';
  const size = { width: at.w * CELL.width - CELL.gap, height: at.h * CELL.height - CELL.gap };
  Object.assign(box.style, {
    left: `${at.x * CELL.width}px`,
    top: `${at.y * CELL.height}px`,
    ...(panel.type === 'row' ? {} : { width: `${size.width}px`, height: `${size.height}px` }),
  });
  if (panel.type === 'row') box.textContent = panel.title;
  else box.append(element('h2', panel.title));
  main.append(box);
  const kinds = {
    timeseries: drawLines,
    stat: drawFigure,
    table: drawTable,
    heatmap: drawHeat,
    'state-timeline': drawStates,
  };
  kinds[panel.type]?.(panel, box, size);
}

function drawLines(panel, box, size) {
  const { field } = panel;
  const series = panel.series.map((one, i) => ({
    ...one,
    color: one.color ?? PALETTE[i % PALETTE.length],
  }));
  const names = legend(series, field);
  box.append(names);
  if (series.length === 0) return nothing(box, field.noValue ?? 'nothing in this time');
  const stacked = field.custom?.stacking?.mode === 'normal';
  const shown = stacked ? stack(series) : series;
  const log = field.custom?.scaleDistribution?.type === 'log';
  const format = (value) => inUnit(value, field.unit, field.decimals);
  const options = {
    width: size.width - 16,
    height: size.height - 46 - names.offsetHeight,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true },
      y: log ? { distr: 3 } : { range: (_plot, low, high) => limits(low, high, field) },
    },
    axes: [
      // Whole minutes: labels have no seconds.
      axis({ values: (_plot, ticks) => ticks.map(clock), incrs: TIME_STEPS, space: 90, size: 26 }),
      axis({
        values: (_plot, ticks) => ticks.map((one) => (one === null ? '' : format(one))),
        size: 62,
      }),
    ],
    series: [
      {},
      ...shown.map((one) => ({
        stroke: one.color,
        width: 1.4,
        // A stacked area is opaque: the smaller one, drawn later, hides what lies under it.
        fill: stacked ? mixed(one.color, 0.42) : `${one.color}14`,
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: { draw: [(plot) => overlays(plot, field, log)] },
  };
  const host = element('div', '');
  box.append(host);
  const data = shown.map((one) => (log ? one.values.map((v) => (v > 0 ? v : null)) : one.values));
  return new uPlot(options, [VIEW.times, ...data], host);
}

/** The first series on top of the sum of those below; drawn from the largest to the smallest. */
function stack(series) {
  const sums = VIEW.times.map(() => 0);
  const shown = series.map((one) => ({
    ...one,
    values: one.values.map((value, i) => {
      sums[i] += value ?? 0;
      return value === null && sums[i] === 0 ? null : sums[i];
    }),
  }));
  return shown.reverse();
}

function limits(low, high, field) {
  const bottom = field.min ?? (low > 0 ? 0 : low * 1.1);
  const top = field.max ?? (high > bottom ? high + (high - bottom) * 0.12 : bottom + 1);
  return [bottom, top];
}

function overlays(plot, field, log) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const { value, color } of field.thresholds?.steps ?? []) {
    if (value === null || (log && value <= 0)) continue;
    const y = plot.valToPos(value, 'y', true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    stroke(
      ctx,
      color === 'transparent' ? '#e5534b' : color,
      [6, 5],
      [bbox.left, y],
      [bbox.left + bbox.width, y],
    );
  }
  for (const { time, color } of VIEW.marks) {
    const x = plot.valToPos(time, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    stroke(ctx, color, [3, 4], [x, bbox.top], [x, bbox.top + bbox.height]);
    ctx.fillStyle = color;
    ctx.beginPath();
    ctx.moveTo(x - 4 * devicePixelRatio, bbox.top + bbox.height);
    ctx.lineTo(x + 4 * devicePixelRatio, bbox.top + bbox.height);
    ctx.lineTo(x, bbox.top + bbox.height - 6 * devicePixelRatio);
    ctx.fill();
  }
  ctx.restore();
}

function stroke(ctx, color, dash, from, to) {
  ctx.strokeStyle = `${color}b0`;
  ctx.setLineDash(dash.map((part) => part * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

function drawFigure(panel, box, size) {
  const { field } = panel;
  const values = panel.series[0]?.values ?? [];
  const value = values.findLast((one) => one !== null);
  const word = field.mappings?.[0]?.options[String(value)];
  const named = panel.names.length > 0;
  const text = named
    ? panel.names.join('\n')
    : value === undefined
      ? (field.noValue ?? '')
      : (word?.text ?? inUnit(value, field.unit, field.decimals));
  const color = word?.color ?? stepColor(value ?? 0, field.thresholds?.steps);
  const figure = element('div', text);
  figure.className = 'figure';
  const known = named || value !== undefined;
  if (known) figure.style.color = color;
  else figure.classList.add('none');
  const wide = Math.min(
    36,
    (size.width - 30) / (Math.max(3, ...text.split('\n').map((line) => line.length)) * 0.62),
  );
  figure.style.fontSize = `${known ? Math.min(wide, size.height * 0.42) : 15}px`;
  if (known && !named && word === undefined) box.append(spark(values, color, size));
  box.append(figure);
}

function spark(values, color, size) {
  const canvas = sized(size.width - 2, size.height * 0.42);
  canvas.className = 'spark';
  const ctx = canvas.getContext('2d');
  ctx.scale(devicePixelRatio, devicePixelRatio);
  const [width, height] = [size.width - 2, size.height * 0.42];
  const known = values.filter((one) => one !== null);
  const [low, high] = [Math.min(...known, 0), Math.max(...known)];
  const points = values
    .map((one, i) => [(i / (values.length - 1)) * width, one])
    .filter(([, one]) => one !== null)
    .map(([x, one]) => [x, height - 2 - ((one - low) / (high - low || 1)) * (height - 6)]);
  if (points.length < 2) return canvas;
  ctx.beginPath();
  for (const point of points) ctx.lineTo(...point);
  ctx.strokeStyle = `${color}90`;
  ctx.lineWidth = 1.2;
  ctx.stroke();
  ctx.lineTo(points.at(-1)[0], height);
  ctx.lineTo(points[0][0], height);
  ctx.fillStyle = `${color}1e`;
  ctx.fill();
  return canvas;
}

function drawTable(panel, box) {
  const table = element('table', '');
  const head = table.insertRow();
  for (const column of panel.columns) head.append(labelled('th', column.name, column));
  for (const row of panel.rows) {
    const line = table.insertRow();
    for (const [i, cell] of row.entries()) {
      const column = panel.columns[i];
      const text =
        cell === null
          ? '–'
          : typeof cell === 'string'
            ? cell
            : inUnit(cell, column.unit, column.decimals);
      const shown = labelled('td', text, column);
      if (typeof cell === 'number' && column.steps)
        shown.style.color = stepColor(cell, column.steps);
      line.append(shown);
    }
  }
  box.append(table);
  if (panel.rows.length === 0) nothing(box, 'nothing in this time');
}

function labelled(tag, text, column) {
  const cell = element(tag, text);
  if (column.unit === undefined) cell.className = 'label';
  return cell;
}

function drawStates(panel, box, size) {
  const { field } = panel;
  const rows = panel.series.toSorted((a, b) =>
    a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
  if (rows.length === 0) return nothing(box, 'nothing in this time');
  const words = field.mappings?.[0]?.options;
  const [left, top, bottom] = [Math.min(190, size.width * 0.28), 2, 20];
  const [width, height] = [size.width - 26, size.height - 46];
  const canvas = sized(width, height);
  canvas.className = 'drawn';
  const ctx = canvas.getContext('2d');
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.font = FONT;
  const each = Math.min(52, (height - top - bottom) / rows.length);
  const step = (width - left) / VIEW.times.length;
  for (const [r, row] of rows.entries()) {
    const y = top + r * each;
    ctx.fillStyle = '#d7dde6';
    ctx.textBaseline = 'middle';
    ctx.fillText(fitting(ctx, row.name, left - 10), 0, y + each / 2);
    for (const [i, value] of row.values.entries()) {
      if (value === null) continue;
      ctx.fillStyle = words?.[String(value)]?.color ?? stepColor(value, field.thresholds?.steps);
      ctx.fillRect(left + i * step, y + each * 0.1, step + 0.4, each * 0.8);
    }
  }
  ctx.fillStyle = TICK;
  ctx.textAlign = 'center';
  for (const i of labelledTimes()) {
    ctx.fillText(clock(VIEW.times[i]), left + i * step, top + rows.length * each + 12);
  }
  box.append(canvas);
  return undefined;
}

function drawHeat(panel, box, size) {
  const { field } = panel;
  const edges = panel.series
    .map((one) => ({ edge: one.name === '+Inf' ? Infinity : Number(one.name), values: one.values }))
    .toSorted((a, b) => a.edge - b.edge);
  if (edges.length === 0) return nothing(box, 'nothing in this time');
  const counts = edges.map(({ values }, e) =>
    values.map((value, i) =>
      value === null ? 0 : Math.max(0, value - (edges[e - 1]?.values[i] ?? 0)),
    ),
  );
  const most = Math.max(...counts.flat(), 1e-9);
  const [left, bottom] = [62, 22];
  const [width, height] = [size.width - 26, size.height - 44];
  const canvas = sized(width, height);
  canvas.className = 'drawn';
  const ctx = canvas.getContext('2d');
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.font = FONT;
  const each = (height - bottom) / edges.length;
  const step = (width - left) / VIEW.times.length;
  for (const [e, row] of counts.entries()) {
    const y = height - bottom - (e + 1) * each;
    for (const [i, count] of row.entries()) {
      if (count <= 0) continue;
      ctx.fillStyle = heat(Math.sqrt(count / most));
      ctx.fillRect(left + i * step, y, step + 0.4, each - 0.5);
    }
    ctx.fillStyle = TICK;
    ctx.textAlign = 'right';
    ctx.textBaseline = 'middle';
    const { edge } = edges[e];
    if (e % 2 === 0)
      ctx.fillText(edge === Infinity ? 'more' : inUnit(edge, field.unit), left - 8, y + each / 2);
  }
  ctx.textAlign = 'center';
  for (const i of labelledTimes()) {
    ctx.fillStyle = TICK;
    ctx.fillText(clock(VIEW.times[i]), left + i * step, height - 8);
  }
  box.append(canvas);
  return undefined;
}

/** A colour laid over the panel's with so much strength. */
function mixed(color, strength) {
  const panel = [23, 28, 35];
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return `rgb(${parts.map((one, i) => Math.round(one * strength + panel[i] * (1 - strength)))})`;
}

/** From deep blue over teal and yellow to orange. */
function heat(share) {
  const stops = [
    [30, 40, 80],
    [40, 110, 160],
    [80, 180, 140],
    [230, 200, 80],
    [240, 120, 60],
  ];
  const at = Math.min(0.999, Math.max(0, share)) * (stops.length - 1);
  const [from, to] = [stops[Math.floor(at)], stops[Math.floor(at) + 1]];
  const part = at - Math.floor(at);
  return `rgb(${from.map((one, i) => Math.round(one + (to[i] - one) * part)).join(',')})`;
}

function legend(series, field) {
  const box = element('div', '');
  box.className = 'legend';
  for (const one of series) {
    const entry = element('span', one.name);
    entry.style.setProperty('--color', one.color);
    const last = one.values.findLast((value) => value !== null);
    if (last !== undefined) entry.append(element('b', inUnit(last, field.unit, field.decimals)));
    box.append(entry);
  }
  return box;
}

function axis(more) {
  return {
    stroke: TICK,
    font: FONT,
    grid: { stroke: GRID, width: 1 },
    ticks: { show: false },
    ...more,
  };
}

function nothing(box, text) {
  const note = element('div', text);
  note.className = 'figure none';
  box.append(note);
}

function stepColor(value, steps) {
  const step = (steps ?? []).findLast((one) => one.value === null || value >= one.value);
  return step === undefined || step.color === 'transparent' ? '#5794f2' : step.color;
}

/** A value in Grafana's unit, as a person would write it. */
function inUnit(value, unit, decimals) {
  const places = (one, fallback) =>
    one
      .toFixed(decimals ?? fallback)
      .replace(/(\.\d*?)0+$/, decimals === undefined ? '$1' : '$&')
      .replace(/\.$/, '');
  switch (unit) {
    case 'percentunit':
      return `${places(value * 100, Math.abs(value) < 0.1 ? 1 : 0)} %`;
    case 's':
      return value === 0
        ? '0 s'
        : Math.abs(value) < 1e-3
          ? `${places(value * 1e6, 0)} µs`
          : Math.abs(value) < 1
            ? `${places(value * 1e3, value < 0.01 ? 1 : 0)} ms`
            : `${places(value, 1)} s`;
    case 'bytes':
    case 'Bps':
      return `${thousands(value, 1024, ['', ' Ki', ' Mi', ' Gi', ' Ti'], decimals)}B${unit === 'Bps' ? '/s' : ''}`;
    case 'reqps':
    case 'ops':
    case 'cps':
      return `${thousands(value, 1000, ['', ' K', ' M'], decimals)}/s`;
    case 'sci':
      return value === 0 ? '0' : value.toExponential(1);
    default:
      return thousands(value, 1000, ['', ' K', ' M', ' G'], decimals);
  }
}

function thousands(value, base, suffixes, decimals) {
  let [scaled, i] = [value, 0];
  while (Math.abs(scaled) >= base && i < suffixes.length - 1) {
    scaled /= base;
    i += 1;
  }
  const digits =
    decimals !== undefined && i === 0
      ? decimals
      : Math.abs(scaled) >= 100
        ? 0
        : Math.abs(scaled) >= 10
          ? 1
          : 2;
  return `${Number(scaled.toFixed(digits))}${suffixes[i]}`;
}

function fitting(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && ctx.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}

function sized(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return canvas;
}

/** Places in the times that get a label, none of which is like the one before. */
function labelledTimes() {
  const places = [0.08, 0.3, 0.52, 0.74, 0.96].map((part) =>
    Math.round(part * (VIEW.times.length - 1)),
  );
  const label = (i) => clock(VIEW.times[i]);
  return places.filter((i, n) => n === 0 || label(i) !== label(places[n - 1]));
}

function clock(seconds) {
  return new Date(seconds * 1000).toISOString().slice(11, 16);
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
