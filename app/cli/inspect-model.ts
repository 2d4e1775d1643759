import { createHash } from 'node:crypto';
import { readGolden } from '../registry/golden-file.js';
import { readModelFiles } from '../registry/model-files.js';
import type { ModelManifest } from '../registry/model-manifest.js';
import { compileSource, modelSourceOf } from '../registry/model-source.js';
import { describeCbm, type CbmDescription } from '../model/catboost/describe-cbm.js';
import { outlineCbm, type CbmOutline } from '../model/catboost/outline-cbm.js';
import { ModelError, type ModelErrorCode } from '../model/errors.js';
import { inspectOnnx, type OnnxReport } from '../model/onnx/inspect-onnx.js';

/** What `regno inspect` reports of any model. */
export interface FileReport {
  readonly file: string;
  readonly kind: 'cbm' | 'onnx';
  readonly bytes: number;
  /** Of the file itself, lower-case hex. */
  readonly sha256: string;
  /** What the folder's manifest says, where a folder was named. */
  readonly manifest: ManifestSummary | undefined;
}

/** A model that regno does not compile. */
export interface RefusedReport extends FileReport {
  readonly refused: { readonly code: ModelErrorCode; readonly message: string };
  readonly outline: CbmOutline;
}

/** A model that regno can run. */
export interface ModelReport extends FileReport {
  readonly refused?: undefined;
  /** Absent for an `.onnx`, which has lost it. */
  readonly catboost: CbmDescription | undefined;
  /** Of the file, or of what a `.cbm` compiles to. */
  readonly onnx: Omit<OnnxReport, 'opsets' | 'operators'> & {
    readonly opsets: Readonly<Record<string, number>>;
    readonly operators: Readonly<Record<string, number>>;
    /** SHA-256 of the graph: what health, metrics and `x-model-digest` show. */
    readonly digest: string;
  };
}

export interface ManifestSummary {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Whether the file is the one that the manifest names. */
  readonly digestMatches: boolean;
}

/**
 * Reads a `.cbm`, an `.onnx` or a model folder and reports what is in it.
 *
 * @throws CommandError, ModelError naming the file and what is wrong with it, where it cannot even be
 *   reported what it holds.
 */
export async function inspectModel(path: string): Promise<ModelReport | RefusedReport> {
  const files = await readModelFiles(path);
  const source = modelSourceOf(files);
  const { bytes, sha256, manifest } = source;
  const kind = source.kind === '.cbm' ? 'cbm' : 'onnx';
  const report: FileReport = {
    file: source.path,
    kind,
    bytes: bytes.length,
    sha256,
    manifest: manifest === undefined ? undefined : summarise(manifest, sha256),
  };
  readGolden(files, manifest);
  try {
    const onnx = reportOnnx(compileSource(source).onnx);
    return { ...report, catboost: kind === 'cbm' ? describeCbm(bytes) : undefined, onnx };
  } catch (error) {
    if (!(error instanceof ModelError) || kind === 'onnx') throw error;
    const { code, message } = error;
    return { ...report, refused: { code, message }, outline: outlineOr(error, bytes) };
  }
}

/** @throws the reason of the refusal, where the bytes cannot be read at all. */
function outlineOr(reason: ModelError, bytes: Uint8Array): CbmOutline {
  try {
    return outlineCbm(bytes);
  } catch {
    throw reason;
  }
}

function reportOnnx(bytes: Uint8Array): ModelReport['onnx'] {
  const onnx = inspectOnnx(bytes);
  return {
    ...onnx,
    opsets: Object.fromEntries(onnx.opsets),
    operators: Object.fromEntries(onnx.operators),
    digest: createHash('sha256').update(bytes).digest('hex'),
  };
}

function summarise(manifest: ModelManifest, sha256: string): ManifestSummary {
  const { name, version, description = '', model } = manifest;
  return { name, version, description, digestMatches: model.sha256 === sha256 };
}
