import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ROOT, type Rule } from '../rule-files.js';

/** Windows and waits of the rules are divided by this, so that an hour passes in a minute. */
export const SPEEDUP = 60;
/** Rates need a few samples, whatever the speed-up says. */
const WINDOW_MIN_SECONDS = 10;

export interface OverlayOptions {
  readonly folder: string;
  /** Job name -> addresses; jobs without any are left out. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  readonly alertmanager: string;
  readonly blackbox: string;
  /** Base URL of what receives notifications. */
  readonly webhook: string;
}

interface ScrapeConfig {
  job_name: string;
  static_configs?: { targets: string[] }[];
  file_sd_configs?: unknown;
  relabel_configs?: { target_label?: string; replacement?: string }[];
  scrape_interval?: string;
  scrape_timeout?: string;
}

interface PrometheusConfig {
  global: Record<string, unknown>;
  rule_files: string[];
  alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
  scrape_configs: ScrapeConfig[];
}

interface AlertmanagerConfig {
  route: Route;
  receivers: { webhook_configs?: { url: string }[] }[];
}

interface Route {
  group_wait?: string;
  group_interval?: string;
  routes?: Route[];
}

/**
 * Writes the committed configuration with other targets and faster clocks. Everything else, the
 * expressions, labels, relabelling and routes, is what production gets.
 *
 * @returns paths of the configuration of Prometheus and of Alertmanager
 */
export function writeOverlay(options: OverlayOptions): {
  readonly prometheus: string;
  readonly alertmanager: string;
} {
  const rules = join(options.folder, 'rules');
  mkdirSync(rules, { recursive: true });
  const committed = join(ROOT, 'monitoring/rules');
  for (const name of readdirSync(committed)) {
    const groups = parse(readFileSync(join(committed, name), 'utf8')) as {
      groups: { rules: Rule[] }[];
    };
    const faster = groups.groups.map((group) => ({ ...group, rules: group.rules.map(speedUp) }));
    writeFileSync(join(rules, name), stringify({ groups: faster }));
  }
  return {
    prometheus: write(options, 'prometheus.yml', prometheusConfig(options, rules)),
    alertmanager: write(options, 'alertmanager.yml', alertmanagerConfig(options)),
  };
}

/** Divides the windows and offsets of a query by {@link SPEEDUP}. */
export function speedUpQuery(expr: string): string {
  return expr
    .replace(/\[(\d+[smhd])\]/g, (_all, window: string) => `[${faster(window)}s]`)
    .replace(/\boffset (\d+[smhd])/g, (_all, offset: string) => `offset ${faster(offset)}s`);
}

function speedUp(rule: Rule): Rule {
  const expr = speedUpQuery(rule.expr);
  if (rule.for === undefined) return { ...rule, expr };
  return { ...rule, expr, for: `${Math.round(secondsOf(rule.for) / SPEEDUP)}s` };
}

function faster(duration: string): number {
  return Math.max(WINDOW_MIN_SECONDS, Math.round(secondsOf(duration) / SPEEDUP));
}

function secondsOf(duration: string): number {
  const units = { s: 1, m: 60, h: 3600, d: 86_400 };
  const unit = duration.slice(-1) as keyof typeof units;
  return Number(duration.slice(0, -1)) * units[unit];
}

function prometheusConfig(options: OverlayOptions, rules: string): PrometheusConfig {
  const config = parse(readFileSync(join(ROOT, 'prometheus.yml'), 'utf8')) as PrometheusConfig;
  config.global['scrape_interval'] = '2s';
  config.global['scrape_timeout'] = '2s';
  config.global['evaluation_interval'] = '1s';
  config.rule_files = [join(rules, '*.yml')];
  for (const manager of config.alerting.alertmanagers) {
    manager.static_configs = [{ targets: [options.alertmanager] }];
  }
  config.scrape_configs = config.scrape_configs.flatMap((job) => {
    const targets = options.targets[job.job_name];
    if (targets === undefined) return [];
    for (const relabel of job.relabel_configs ?? []) {
      if (relabel.target_label === '__address__') relabel.replacement = options.blackbox;
    }
    delete job.file_sd_configs;
    delete job.scrape_interval;
    delete job.scrape_timeout;
    return [{ ...job, static_configs: [{ targets: [...targets] }] }];
  });
  return config;
}

function alertmanagerConfig(options: OverlayOptions): AlertmanagerConfig {
  const file = join(ROOT, 'monitoring/alertmanager.yml');
  const config = parse(readFileSync(file, 'utf8')) as AlertmanagerConfig;
  hurry(config.route);
  for (const receiver of config.receivers) {
    for (const webhook of receiver.webhook_configs ?? []) {
      webhook.url = `${options.webhook}${new URL(webhook.url).pathname}`;
    }
  }
  return config;
}

function hurry(route: Route): void {
  route.group_wait = '1s';
  route.group_interval = '2s';
  for (const inner of route.routes ?? []) hurry(inner);
}

function write(options: OverlayOptions, name: string, config: unknown): string {
  const file = join(options.folder, name);
  writeFileSync(file, stringify(config));
  return file;
}
