import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleTest {
  readonly name: string;
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly { readonly exp_labels: Readonly<Record<string, string>> }[];
  }[];
}

/** Every rule of monitoring/rules, in order. */
export function readRules(): readonly Rule[] {
  return ymlFiles('monitoring/rules').flatMap((text) =>
    (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
  );
}

/** Every unit test of monitoring/tests. */
export function readRuleTests(): readonly RuleTest[] {
  return ymlFiles('monitoring/tests').flatMap(
    (text) => (parse(text) as { tests: RuleTest[] }).tests,
  );
}

/** The Markdown headings of the third level in the runbook: one for each alert. */
export function readRunbookHeadings(): readonly string[] {
  const text = readFileSync(join(ROOT, 'monitoring/runbook.md'), 'utf8');
  return [...text.matchAll(/^### (\S+)$/gm)].map((match) => match[1] ?? '');
}

function ymlFiles(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yml'))
    .sort()
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));
}
