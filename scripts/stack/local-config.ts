import { parse, stringify } from 'yaml';
import { z } from 'zod';

const JobSchema = z.looseObject({
  job_name: z.string(),
  static_configs: z.array(z.looseObject({ targets: z.array(z.string()) })).optional(),
});

const PrometheusSchema = z.looseObject({
  rule_files: z.array(z.string()).default([]),
  alerting: z
    .looseObject({
      alertmanagers: z.array(
        z.looseObject({ static_configs: z.array(z.looseObject({ targets: z.array(z.string()) })) }),
      ),
    })
    .optional(),
  scrape_configs: z.array(JobSchema),
});

/** What of the stack runs here: the address in prometheus.yml, and the local one. */
export type LocalTargets = ReadonlyMap<string, string>;

export interface LocalPrometheus {
  readonly text: string;
  /** Jobs that are left out because what they watch does not run here. */
  readonly leftOut: readonly string[];
}

/**
 * Makes the Prometheus configuration of local processes out of that of the compose file.
 *
 * Jobs, labels, rules and intervals stay; only addresses and paths change.
 *
 * @param text prometheus.yml
 * @param root folder that relative rule files refer to
 * @param targets e.g. `app:5000` to `127.0.0.1:5000`; a job without any of them is left out
 */
export function localPrometheus(text: string, root: string, targets: LocalTargets) {
  const config = PrometheusSchema.parse(parse(text));
  const leftOut: string[] = [];
  const jobs = config.scrape_configs.flatMap((job) => {
    const statics = (job.static_configs ?? []).flatMap((entry) => {
      const local = entry.targets.flatMap((target) => targets.get(target) ?? []);
      return local.length > 0 ? [{ ...entry, targets: local }] : [];
    });
    if (statics.length > 0) return [{ ...job, static_configs: statics }];
    leftOut.push(job.job_name);
    return [];
  });
  const result: LocalPrometheus = {
    text: stringify({
      ...config,
      rule_files: config.rule_files.map((path) =>
        path.startsWith('/') ? path : `${root}/${path}`,
      ),
      alerting: localAlerting(config.alerting, targets),
      scrape_configs: jobs,
    }),
    leftOut,
  };
  return result;
}

function localAlerting(
  alerting: z.output<typeof PrometheusSchema>['alerting'],
  targets: LocalTargets,
) {
  if (alerting === undefined) return undefined;
  const alertmanagers = alerting.alertmanagers.flatMap((manager) => {
    const statics = manager.static_configs.flatMap((entry) => {
      const local = entry.targets.flatMap((target) => targets.get(target) ?? []);
      return local.length > 0 ? [{ ...entry, targets: local }] : [];
    });
    return statics.length > 0 ? [{ ...manager, static_configs: statics }] : [];
  });
  return { ...alerting, alertmanagers };
}

/** The receiver of the compose file: it prints what it receives. */
const RECEIVER = 'alert-webhook:9095';

/**
 * @param text monitoring/alertmanager.yml
 * @param receiver address that takes the place of the compose file's receiver
 */
export function localAlertmanager(text: string, receiver: string): string {
  return text.replaceAll(RECEIVER, receiver);
}
