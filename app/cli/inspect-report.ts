import type { CbmDescription } from '../model/catboost/describe-cbm.js';
import type { OutlinedFeature } from '../model/catboost/outline-cbm.js';
import type { FeatureKind } from '../model/ir/ir.js';
import type { TensorReport } from '../model/onnx/inspect-onnx.js';
import { formatFeatureCounts, formatOperators, formatOutcome } from './compile-model.js';
import type { FileReport, ModelReport, RefusedReport } from './inspect-model.js';
import { formatFields, formatTable } from './table.js';
import { formatBytes, formatCount, plural, printable } from './text-format.js';

type Fields = (readonly [string, string | number])[];

/** A report for people: sections of fields and tables. */
export function formatModelReport(report: ModelReport | RefusedReport): string {
  if (report.refused !== undefined) return formatRefused(report);
  const { catboost, onnx } = report;
  const sections = [formatFields([...fileFields(report), ...modelFields(report)])];
  if (catboost !== undefined) {
    sections.push(featureTable(catboost));
    if (catboost.ctrs.length > 0) sections.push(ctrTable(catboost));
    if (catboost.dictionaries.length > 0) sections.push(dictionaryTable(catboost));
  } else {
    sections.push(signatureTable(onnx.signature.features));
  }
  sections.push(onnxSection(report));
  return sections.join('\n\n');
}

function formatRefused(report: RefusedReport): string {
  const { outline, refused } = report;
  const { trees, leaves, outputs, features } = outline;
  const count = (kind: OutlinedFeature['kind']): number =>
    features.filter((feature) => feature.kind === kind).length;
  const kinds = {
    float: count('float'),
    categorical: count('categorical'),
    text: count('text'),
    embedding: count('embedding'),
  };
  const fields = formatFields([
    ['refused', printable(refused.message, 500)],
    ...fileFields(report),
    ['features', formatFeatureCounts(kinds)],
    ['loss', printable(outline.loss)],
    [
      'trees',
      `${formatCount(trees)}; ${formatCount(leaves)} leaves of ${plural(outputs, 'output')}`,
    ],
    ['trained', printable(outline.trainedAt)],
    ['parts', outline.parts.map((part) => printable(part)).join(', ')],
  ]);
  return `${fields}\n\n${signatureTable(features)}`;
}

function fileFields({ file, bytes, sha256, manifest }: FileReport): Fields {
  const fields: Fields = [];
  if (manifest !== undefined) {
    fields.push(['model', printable(`${manifest.name} ${manifest.version}`)]);
    if (manifest.description !== '') fields.push(['about', printable(manifest.description)]);
  }
  const note =
    manifest === undefined
      ? ''
      : manifest.digestMatches
        ? ', as the manifest says'
        : ' (NOT the manifest’s)';
  fields.push(['file', `${file}, ${formatBytes(bytes)}`], ['SHA-256', `${sha256}${note}`]);
  return fields;
}

function modelFields({ catboost, onnx }: ModelReport): Fields {
  const { signature } = onnx;
  const count = (kind: FeatureKind): number =>
    signature.features.filter((feature) => feature.kind === kind).length;
  const fields: Fields = [
    [
      'features',
      formatFeatureCounts({
        float: count('float'),
        categorical: count('categorical'),
        text: count('text'),
      }),
    ],
    ...formatOutcome(signature),
  ];
  if (catboost === undefined) {
    fields.push([
      'source',
      `${printable(signature.sourceFormat)}, SHA-256 ${signature.sourceSha256}`,
    ]);
    return fields;
  }
  const { trees, scale, bias } = catboost;
  fields.push(
    [
      'trees',
      `${formatCount(trees.count)}, at most ${trees.depthMax} deep; ` +
        `${plural(trees.splits, 'split')}, ${formatCount(trees.leaves)} leaves`,
    ],
    ['scale, bias', `${scale}, ${bias.join(' ')}`],
  );
  if (catboost.trainedAt !== '') fields.push(['trained', printable(catboost.trainedAt)]);
  return fields;
}

function featureTable({ features }: CbmDescription): string {
  return formatTable(
    [
      { head: '#', align: 'right' },
      { head: 'feature' },
      { head: 'kind' },
      { head: 'borders', align: 'right' },
      { head: 'splits', align: 'right' },
      { head: 'a missing value is' },
    ],
    features.map(({ name, kind, borders, splits, missing }, i) => [
      i,
      printable(name, 60),
      kind,
      borders === 0 ? '' : borders,
      splits === 0 ? 'unused' : splits,
      missing ?? '',
    ]),
  );
}

function ctrTable({ ctrs }: CbmDescription): string {
  return formatTable(
    [
      { head: 'CTR of' },
      { head: 'type' },
      { head: 'prior', align: 'right' },
      { head: 'border', align: 'right' },
      { head: 'known', align: 'right' },
      { head: 'borders', align: 'right' },
      { head: 'splits', align: 'right' },
    ],
    ctrs.map((ctr) => [
      ctr.categories.map((name) => printable(name, 60)).join(' × ') +
        (ctr.conditions > 0 ? ` × ${plural(ctr.conditions, 'condition')}` : ''),
      ctr.type,
      Number(ctr.prior.toFixed(4)),
      ctr.targetBorder,
      formatCount(ctr.rows),
      ctr.borders,
      ctr.splits,
    ]),
  );
}

function dictionaryTable({ dictionaries }: CbmDescription): string {
  return formatTable(
    [
      { head: 'dictionary of' },
      { head: 'tokens', align: 'right' },
      { head: 'words a token', align: 'right' },
      { head: 'skip', align: 'right' },
      { head: 'calcers' },
    ],
    dictionaries.map(({ text, tokens, gramOrder, skip, calcers }) => [
      printable(text, 60),
      formatCount(tokens),
      gramOrder,
      skip,
      calcers.join(', '),
    ]),
  );
}

function signatureTable(features: readonly { readonly kind: string; readonly name: string }[]) {
  return formatTable(
    [{ head: '#', align: 'right' }, { head: 'feature' }, { head: 'kind' }],
    features.map(({ name, kind }, i) => [i, printable(name, 60), kind]),
  );
}

function onnxSection({ kind, onnx }: ModelReport): string {
  const sets = Object.entries(onnx.opsets).map(([domain, version]) => `${domain} ${version}`);
  return formatFields([
    [kind === 'cbm' ? 'compiles to' : 'graph', `${formatBytes(onnx.bytes)} of ONNX`],
    ['digest', `${onnx.digest}, SHA-256 of that ONNX: what /health/ready and x-model-digest show`],
    ['made by', printable(onnx.producer)],
    ['operator sets', printable(sets.join(', '))],
    ['operators', formatOperators(onnx.operators)],
    ['trees', `${formatCount(onnx.trees)}; ${plural(onnx.treeNodes, 'node')} that ask`],
    ['inputs', onnx.inputs.map(formatTensor).join(', ')],
    ['outputs', onnx.outputs.map(formatTensor).join(', ')],
  ]);
}

function formatTensor({ name, elementType, dims }: TensorReport): string {
  return `${printable(name)} ${elementType}[${dims.map((size) => printable(String(size))).join(', ')}]`;
}
