import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { assertFileFits } from '../registry/manifest-fit.js';
import { MODEL_BYTES_MAX, readModelFiles } from '../registry/model-files.js';
import { modelSourceOf, type ModelSource } from '../registry/model-source.js';
import { readRegularFile } from '../registry/read-regular-file.js';
import { COMPILE_STAGES, compileCatBoost, type CompileStage } from '../model/compile-catboost.js';
import type { FeatureKind, LabelType, Link } from '../model/ir/ir.js';
import { inspectOnnx } from '../model/onnx/inspect-onnx.js';
import type { ModelSignature } from '../model/onnx/signature.js';
import { usageError } from './command-error.js';
import { openOutput } from './output-file.js';
import { startProgress } from './progress-bar.js';
import { formatFields } from './table.js';
import { formatBytes, formatCount, formatSeconds, printable } from './text-format.js';

export interface CompileReport {
  readonly source: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly onnx: {
    readonly file: string;
    readonly bytes: number;
    /** SHA-256 of the graph: what health, metrics and `x-model-digest` show. */
    readonly digest: string;
  };
  /** How often each operator occurs. */
  readonly operators: Readonly<Record<string, number>>;
  readonly features: Readonly<Record<FeatureKind, number>>;
  readonly loss: string;
  readonly link: Link;
  readonly classNames: readonly string[];
  readonly labelType?: LabelType;
  readonly threshold: number;
  /** What a user should know before relying on the answers. */
  readonly warnings: readonly string[];
  readonly trees: number;
  readonly compilerVersion: string;
  /** Seconds per stage, in their order. */
  readonly stages: Readonly<Record<CompileStage, number>>;
  readonly seconds: number;
}

/**
 * Compiles a file, or the one that a model folder's manifest names, to a file.
 *
 * @throws CommandError, ModelError; nothing is written then.
 */
export async function compileModel(
  source: string,
  out: string,
  force: boolean,
): Promise<CompileReport> {
  if (out === '-' && process.stdout.isTTY) {
    throw usageError('standard output is a terminal; give -o a file, or pipe the ONNX file on');
  }
  const startedAt = performance.now();
  const { path: file, bytes } = await readSource(source);
  // Before the work, so that nobody waits for a file that may not be written.
  const output = await openOutput(out, force);
  try {
    const clock = new StageClock();
    const { onnx, ir, signature } = compileCatBoost(bytes, { onStage: (stage) => clock.on(stage) });
    const stages = clock.stop();
    await output.write(onnx);
    await output.commit();
    const count = (kind: FeatureKind): number =>
      signature.features.filter((feature) => feature.kind === kind).length;
    return {
      source: { file, bytes: bytes.length, sha256: signature.sourceSha256 },
      onnx: {
        file: out,
        bytes: onnx.length,
        digest: createHash('sha256').update(onnx).digest('hex'),
      },
      operators: Object.fromEntries(inspectOnnx(onnx).operators),
      features: { float: count('float'), categorical: count('categorical'), text: count('text') },
      loss: ir.source.loss,
      link: ir.link,
      classNames: ir.classNames,
      ...(ir.labelType === undefined ? {} : { labelType: ir.labelType }),
      threshold: ir.threshold ?? 0.5,
      warnings: ir.source.warnings ?? [],
      trees: ir.trees.length,
      compilerVersion: signature.compilerVersion,
      stages,
      seconds: (performance.now() - startedAt) / 1000,
    };
  } catch (error) {
    output.discard();
    throw error;
  }
}

/** The model of a folder, whose manifest must fit, or a file of whatever name. */
async function readSource(source: string): Promise<Pick<ModelSource, 'path' | 'bytes'>> {
  const info = await stat(source).catch(() => undefined);
  const folder =
    info?.isDirectory() === true ? modelSourceOf(await readModelFiles(source)) : undefined;
  const path = folder?.path ?? source;
  if (extname(path).toLowerCase() === '.onnx') {
    throw usageError(`${path} is compiled already; expected a .cbm`);
  }
  if (folder?.manifest !== undefined) assertFileFits(folder.manifest, folder);
  return folder ?? { path, bytes: await readRegularFile(path, MODEL_BYTES_MAX, 'a model file') };
}

/** A {@link CompileReport} for people. */
export function formatCompileReport(report: CompileReport): string {
  const { features, stages } = report;
  const times = COMPILE_STAGES.map((stage) => `${stage} ${formatSeconds(stages[stage])}`);
  return formatFields([
    ['source', `${report.source.file}, ${formatBytes(report.source.bytes)}`],
    ['SHA-256', report.source.sha256],
    ['features', formatFeatureCounts(features)],
    ['trees', formatCount(report.trees)],
    ...formatOutcome(report),
    ['ONNX', `${report.onnx.file}, ${formatBytes(report.onnx.bytes)}`],
    ['digest', `${report.onnx.digest}, SHA-256 of that ONNX: what x-model-digest will show`],
    ['operators', formatOperators(report.operators)],
    ['compiler', report.compilerVersion],
    ['time', `${formatSeconds(report.seconds)} (${times.join(', ')})`],
  ]);
}

/** What the answers mean: loss, link and classes, and what to know before relying on them. */
export function formatOutcome(
  outcome: Pick<
    ModelSignature,
    'classNames' | 'labelType' | 'link' | 'loss' | 'threshold' | 'warnings'
  >,
): (readonly [string, string])[] {
  const { classNames, labelType, link, loss, threshold = 0.5, warnings = [] } = outcome;
  const names = classNames.map((name) => printable(name)).join(', ');
  const types = labelType === undefined ? '' : ` (${labelType})`;
  const fields: (readonly [string, string])[] = [
    ['loss', printable(loss ?? '') || 'not named'],
    ['link', link],
    ['classes', names === '' ? 'none' : names + types],
  ];
  if (threshold !== 0.5) fields.push(['threshold', String(threshold)]);
  return [...fields, ...warnings.map((text) => ['warning', printable(text, 500)] as const)];
}

/** e.g. `41: 33 float, 6 categorical, 2 text`. */
export function formatFeatureCounts(features: Readonly<Record<string, number>>): string {
  const kinds = Object.entries(features).filter(([, count]) => count > 0);
  const total = kinds.reduce((sum, [, count]) => sum + count, 0);
  return `${total}: ${kinds.map(([kind, count]) => `${count} ${kind}`).join(', ')}`;
}

/** e.g. `4: Add 3, Cast`. */
export function formatOperators(operators: Readonly<Record<string, number>>): string {
  const counts = Object.entries(operators);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const each = counts.map(([name, count]) => printable(name) + (count > 1 ? ` ${count}` : ''));
  return `${formatCount(total)}: ${each.join(', ')}`;
}

/** Shows and times the stages of a compilation. */
class StageClock {
  readonly #progress = startProgress(COMPILE_STAGES.length, 'stages');
  readonly #seconds: Record<CompileStage, number> = {
    digest: 0,
    read: 0,
    lower: 0,
    passes: 0,
    emit: 0,
  };
  #current: CompileStage | undefined;
  #since = performance.now();

  on(stage: CompileStage): void {
    this.#close();
    this.#current = stage;
    this.#progress.update(COMPILE_STAGES.indexOf(stage), stage);
  }

  stop(): Record<CompileStage, number> {
    this.#close();
    this.#progress.stop();
    return this.#seconds;
  }

  #close(): void {
    const now = performance.now();
    if (this.#current !== undefined) this.#seconds[this.#current] = (now - this.#since) / 1000;
    this.#since = now;
  }
}
