import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { localAlertmanager, localPrometheus } from '../../scripts/stack/local-config.js';

const TARGETS = new Map([
  ['app:5000', '127.0.0.1:1'],
  ['localhost:9090', '127.0.0.1:2'],
  ['alertmanager:9093', '127.0.0.1:3'],
]);

function read(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

interface Config {
  readonly global: unknown;
  readonly rule_files: readonly string[];
  readonly alerting: { readonly alertmanagers: readonly unknown[] };
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly static_configs: unknown;
  }[];
}

describe('localPrometheus', () => {
  const source = read('prometheus.yml');
  const original = parse(source) as Config;
  const { text, leftOut } = localPrometheus(source, '/root', TARGETS);
  const local = parse(text) as Config;

  it('puts local addresses in place of service names', () => {
    const regno = local.scrape_configs.find((job) => job.job_name === 'regno');
    expect(regno?.static_configs).toEqual([{ targets: ['127.0.0.1:1'] }]);
    expect(local.alerting.alertmanagers).toEqual([
      { static_configs: [{ targets: ['127.0.0.1:3'] }] },
    ]);
    expect(text).not.toMatch(/\b(app:5000|alertmanager:9093|localhost:9090)\b/);
  });

  it('leaves out the jobs whose targets do not run here, and names them', () => {
    const kept = local.scrape_configs.map((job) => job.job_name);
    expect(kept).toEqual(['regno', 'prometheus', 'alertmanager']);
    const all = original.scrape_configs.map((job) => job.job_name);
    expect([...kept, ...leftOut].sort()).toEqual([...all].sort());
    expect(leftOut.length).toBeGreaterThan(0);
  });

  it('keeps intervals and labels, and finds the rules from any folder', () => {
    expect(local.global).toEqual(original.global);
    expect(local.rule_files).toEqual(original.rule_files.map((path) => `/root/${path}`));
    expect(local.rule_files.length).toBeGreaterThan(0);
  });

  it('sends alerts nowhere where no Alertmanager runs', () => {
    const without = parse(localPrometheus(source, '/root', new Map()).text) as Config;
    expect(without.alerting.alertmanagers).toEqual([]);
    expect(without.scrape_configs).toEqual([]);
  });
});

describe('localAlertmanager', () => {
  it('sends every alert to the local receiver', () => {
    const source = read('monitoring/alertmanager.yml');
    const local = localAlertmanager(source, '127.0.0.1:4');
    expect(local).toContain('http://127.0.0.1:4/pages');
    const urls = [...local.matchAll(/url: (\S+)/g)].map((match) => match[1]);
    expect(urls.length).toBeGreaterThan(1);
    for (const url of urls) expect(url).toMatch(/^http:\/\/127\.0\.0\.1:4\//);
  });
});
