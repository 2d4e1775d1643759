import type { Deployment } from '../../registry/deployment.js';
import type { ModelManifest } from '../../registry/model-manifest.js';
import { formatFields, formatTable } from '../table.js';
import { formatBytes, printable } from '../text-format.js';
import type { FigurePair, ModelDiff } from './diff.js';
import type { listModels, pushModel, verifyModel } from './actions.js';

type Pushed = Awaited<ReturnType<typeof pushModel>>;
type Listed = Awaited<ReturnType<typeof listModels>>[number];
type Verified = Awaited<ReturnType<typeof verifyModel>>;

export function formatPush(pushed: Pushed): string {
  const files = Object.entries(pushed.files).map(([file, size]) => `${file} ${formatBytes(size)}`);
  const fields: (readonly [string, string])[] = [
    ...proofFields(pushed),
    ['files', files.join(', ')],
  ];
  if (pushed.alias !== undefined) fields.push(['alias', pushed.alias]);
  return formatFields(fields);
}

export function formatProof(verified: Verified): string {
  return formatFields(proofFields(verified));
}

export function formatModels(models: readonly Listed[]): string {
  if (models.length === 0) return 'The registry is empty.';
  const columns = ['model', 'version', 'created', 'digest', 'aliases'].map((head) => ({ head }));
  const rows = models.flatMap(({ name, versions }) =>
    versions.map((one) => [
      name,
      one.version,
      'fault' in one ? 'DAMAGED' : (one.created ?? '-').slice(0, 16),
      'fault' in one ? printable(one.fault, 200) : one.digest.slice(0, 12),
      one.aliases.join(', '),
    ]),
  );
  return formatTable(columns, rows);
}

export function formatVersion(manifest: ModelManifest): string {
  const { name, version, created, description, model, golden, features, classNames } = manifest;
  return formatFields([
    ['version', `${name}@${version}`],
    ['created', created ?? '-'],
    ['about', printable(description ?? '-', 500)],
    ['digest', `${model.sha256}, SHA-256 of ${model.file}: what x-model-digest will show`],
    ['features', String(features?.length ?? '-')],
    ['classes', (classNames ?? []).map((one) => printable(one)).join(', ')],
    ['golden', golden === undefined ? 'none' : `${golden.rows ?? '?'} readings`],
    ...Object.entries(manifest.files ?? {}).map(
      ([file, { bytes, sha256 }]) => [file, `${formatBytes(bytes)}, ${sha256}`] as const,
    ),
  ]);
}

export function formatDeployment({ name, aliases, revision, by, at }: Deployment): string {
  return formatFields([
    ...Object.entries(aliases).map(
      ([alias, { version }]) => [`${name}@${alias}`, version] as const,
    ),
    ['revision', `${revision}, by ${printable(by)}, ${at}`],
  ]);
}

export function formatHistory(deployment: Deployment | null): string {
  if (deployment === null) return 'Nothing has been promoted yet.';
  const columns = ['revision', 'at', 'action', 'champion', 'by', 'reason'];
  const rows = [deployment, ...deployment.history].map((entry) => [
    entry.revision,
    entry.at.slice(0, 19),
    printable(entry.action),
    entry.aliases['champion']?.version ?? '-',
    printable(entry.by),
    printable(entry.reason ?? '', 200),
  ]);
  return formatTable(
    columns.map((head) => ({ head })),
    rows,
  );
}

function proofFields({ name, version, digest, golden, medianMicros }: Verified) {
  const checked =
    golden.state === 'absent' ? 'none' : `${golden.rows} readings, all within the tolerance`;
  const time = medianMicros === undefined ? '-' : `${Math.round(medianMicros)} µs (median)`;
  return [
    ['version', `${name}@${version}`],
    ['digest', digest],
    ['golden', checked],
    ['one reading', time],
  ] as const;
}

export function formatDiff(diff: ModelDiff): string {
  const { features, answers } = diff;
  const list = (names: readonly string[]): string =>
    names.length === 0 ? 'none' : names.map((name) => printable(name)).join(', ');
  const fields: (readonly [string, string])[] = [
    ['versions', `${diff.before} -> ${diff.after}`],
    ['graph', diff.isSameGraph ? 'the same' : 'another'],
    ['features added', list(features.added)],
    ['features removed', list(features.removed)],
    ['features changed', list(features.changed)],
  ];
  if (answers === undefined) {
    fields.push(['answers', 'no golden readings to compare']);
  } else {
    const share = ((100 * answers.flips) / answers.readings).toFixed(2);
    fields.push(
      ['different decisions', `${answers.flips} of ${answers.readings} golden readings, ${share} %`],
      ['mean shift', answers.meanShift.toPrecision(3)],
      ['largest shift', answers.largestShift.toPrecision(3)],
    );
  }
  const columns = ['figure', 'before', 'after'].map((head) => ({ head }));
  return `${formatFields(fields)}\n\n${formatTable(columns, diff.figures.map(figureRow))}`;
}

function figureRow({ name, before, after }: FigurePair): string[] {
  const text = (value: number | undefined) => (value === undefined ? '-' : String(value));
  return [printable(name), text(before), text(after)];
}
