import { METRICS, type MetricDefinition } from '../../app/telemetry/metrics/catalogue.js';
import { generatedNote } from './generated-note.js';

const metrics: readonly MetricDefinition[] = Object.values(METRICS);

/** docs/metrics.md: every metric of the service. */
export function metricsPage(): string {
  return `${generatedNote('app/telemetry/metrics/catalogue.ts')}
# Metrics

\`GET /metrics\` (no key) gives these for the whole cluster in Prometheus' text format: workers report growth to
the primary process, which sums it up, so it does not matter which worker answers. Counters outlive a restarted worker.
\`worker\` is the number of a worker's slot, from 1 to WORKERS, which its successor inherits. All label values are bounded.

| metric | kind | labels |
|---|---|---|
${metrics.map(indexRow).join('\n')}

${metrics.map(section).join('\n')}`;
}

function indexRow({ name, kind, labels }: MetricDefinition): string {
  return `| [${name}](#${name}) | ${kind} | ${labels.join(', ')} |`;
}

function section({ name, kind, labels, help, buckets }: MetricDefinition): string {
  const facts = [`- Kind: ${kind}`];
  if (labels.length > 0) facts.push(`- Labels: ${labels.map((l) => `\`${l}\``).join(', ')}`);
  if (buckets !== undefined) facts.push(`- Buckets: ${buckets.join(', ')}`);
  return `## ${name}\n\n${help}\n\n${facts.join('\n')}\n`;
}
