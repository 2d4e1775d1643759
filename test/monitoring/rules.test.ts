import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { METRICS } from '../../app/telemetry/metrics/catalogue.js';
import { METRICS as GENERATOR_METRICS } from '../../generator/metrics.js';
import { lacks } from '../testing/lacks.js';
import { dataPanels, readDashboards } from './dashboard-files.js';
import { ROOT, readRuleTests, readRules, readRunbookHeadings } from './rule-files.js';

const rules = readRules();
const alerts = rules.filter((rule) => rule.alert !== undefined);
const alertNames = [...new Set(alerts.map((rule) => rule.alert!))];
const recorded = new Set(rules.flatMap((rule) => rule.record ?? []));
const ruleTests = readRuleTests();
const boards = readDashboards();

/** Metrics of regno and its generator, as a scrape names them. */
const exposed = new Set(
  [...Object.values(METRICS), ...Object.values(GENERATOR_METRICS)].flatMap((metric) => {
    const histogram = 'kind' in metric ? metric.kind === 'histogram' : metric.type === 'histogram';
    return histogram
      ? ['_bucket', '_sum', '_count'].map((end) => `${metric.name}${end}`)
      : [metric.name];
  }),
);

const boardQueries = boards.flatMap((board) => [
  ...dataPanels(board).flatMap((panel) =>
    (panel.targets ?? []).map(({ expr }) => ({ where: `${board.uid}: ${panel.title}`, expr })),
  ),
  ...board.annotations.list.flatMap(({ name, expr }) =>
    expr === undefined ? [] : [{ where: `${board.uid}: annotation ${name}`, expr }],
  ),
]);
const queries = [
  ...boardQueries,
  ...rules.map((rule) => ({ where: rule.alert ?? rule.record ?? '', expr: rule.expr })),
];

describe('alerts', () => {
  it('exist', () => {
    expect(alertNames.length).toBeGreaterThan(30);
  });

  it.each(alerts.map((rule) => [rule.alert!, rule] as const))(
    '%s says how bad it is, what it is, and where to look',
    (name, rule) => {
      expect(['critical', 'warning', 'info', 'none']).toContain(rule.labels?.['severity']);
      expect(rule.annotations?.['summary']).toMatch(/^\p{L}.{10,}[^.]$/u);
      expect(rule.annotations?.['description']).toMatch(/\.$/);
      const uid = /^\{\{ \$externalLabels\.grafana \}\}\/d\/([\w-]+)/.exec(
        rule.annotations?.['dashboard_url'] ?? '',
      )?.[1];
      expect(boards.map((board) => board.uid)).toContain(uid);
      expect(rule.annotations?.['runbook_url']).toBe(
        `{{ $externalLabels.runbook }}#${name.toLowerCase()}`,
      );
    },
  );

  it('have a heading each in the runbook, and the runbook has no other', () => {
    const headings = readRunbookHeadings();
    expect([...headings].sort()).toEqual([...alertNames].sort());
  });

  it.each(alertNames)('%s has unit tests in which it fires and in which it is quiet', (name) => {
    const expectations = ruleTests.flatMap((test) =>
      test.alert_rule_test.filter((one) => one.alertname === name),
    );
    expect(expectations.some((one) => one.exp_alerts.length > 0)).toBe(true);
    // The heartbeat must never be quiet.
    if (name !== 'Watchdog') {
      expect(expectations.some((one) => one.exp_alerts.length === 0)).toBe(true);
    }
  });

  it('are each tested in all their severities', () => {
    const tested = new Set(
      ruleTests.flatMap((test) =>
        test.alert_rule_test.flatMap((one) =>
          one.exp_alerts.map((alert) => `${one.alertname} ${alert.exp_labels['severity']}`),
        ),
      ),
    );
    const wanted = new Set(alerts.map((rule) => `${rule.alert} ${rule.labels?.['severity']}`));
    expect([...tested].sort()).toEqual([...wanted].sort());
  });
});

describe('queries of rules and dashboards', () => {
  it('name only metrics that regno, its generator or a recording rule gives', () => {
    const unknown = queries.flatMap(({ where, expr }) =>
      metricsOf(expr)
        .filter((name) => !exposed.has(name) && !recorded.has(name))
        .filter((name) => !name.startsWith('regno_primary_process_'))
        .map((name) => `${where}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('use every metric of the service at least once', () => {
    const used = new Set(queries.flatMap(({ expr }) => metricsOf(expr)));
    const unused = Object.values(METRICS)
      .filter(({ name, kind }) => !used.has(kind === 'histogram' ? `${name}_count` : name))
      .filter(({ name }) => !used.has(`${name}_bucket`))
      .map(({ name }) => name);
    expect(unused).toEqual(['regno_worker_starts_total']);
  });

  it.skipIf(lacks('promtool'))('are PromQL', () => {
    const folder = mkdtempSync(join(tmpdir(), 'regno-queries-'));
    const file = join(folder, 'queries.yml');
    const rulesOfBoards = boardQueries.map(({ expr }, i) => ({
      record: `query:${i}`,
      expr: withoutVariables(expr),
    }));
    writeFileSync(file, stringify({ groups: [{ name: 'boards', rules: rulesOfBoards }] }));
    const checked = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(checked.stderr + checked.stdout).toContain(`${boardQueries.length} rules found`);
    expect(checked.status).toBe(0);
  });
});

describe.skipIf(lacks('promtool', 'amtool'))('the tools of Prometheus', () => {
  it('accept configuration, rules and unit tests', { timeout: 300_000 }, () => {
    const checked = spawnSync(process.execPath, ['scripts/check-monitoring.mjs'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });
});

/** Names in a query that begin with regno_, or a level of aggregation and then regno_. */
function metricsOf(expr: string): readonly string[] {
  const withoutStrings = expr.replace(/"[^"]*"/g, '""');
  return withoutStrings.match(/(?:\w+:)?\bregno_\w+(?::\w+)*/g) ?? [];
}

function withoutVariables(expr: string): string {
  return expr.replaceAll('$__rate_interval', '1m').replace(/\$\w+/g, '.*');
}
