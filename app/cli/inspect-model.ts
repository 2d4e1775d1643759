import { createHash } from 'node:crypto';
import { describeCbm, type CbmDescription } from '../model/catboost/describe-cbm.js';
import { outlineCbm, type CbmOutline } from '../model/catboost/outline-cbm.js';
import { compileCatBoost } from '../model/compile-catboost.js';
import { ModelError, type ModelErrorCode } from '../model/errors.js';
import { inspectOnnx, type OnnxReport } from '../model/onnx/inspect-onnx.js';
import { readModelFile, type ModelFileKind } from './model-file.js';

/** What `regno inspect` tells of any model. */
export interface FileReport {
  readonly file: string;
  readonly kind: ModelFileKind;
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
 * Reads a `.cbm`, an `.onnx` or a model folder and tells what is in it.
 *
 * @throws CommandError, ModelError naming the file and what is wrong with it, where it cannot even be
 *   told what it holds.
 */
export async function inspectModel(path: string): Promise<ModelReport | RefusedReport> {
  const { path: file, kind, bytes, manifest } = await readModelFile(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const report: FileReport = {
    file,
    kind,
    bytes: bytes.length,
    sha256,
    manifest: manifest === undefined ? undefined : summarise(manifest, sha256),
  };
  if (kind === 'onnx') return { ...report, catboost: undefined, onnx: reportOnnx(bytes) };
  try {
    const onnx = reportOnnx(compileCatBoost(bytes).onnx);
    return { ...report, catboost: describeCbm(bytes), onnx };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
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
  };
}

function summarise(manifest: Readonly<Record<string, unknown>>, sha256: string): ManifestSummary {
  const text = (key: string): string => {
    const value = manifest[key];
    return typeof value === 'string' ? value : '';
  };
  const model = manifest['model'];
  const stated = typeof model === 'object' && model !== null && 'sha256' in model && model.sha256;
  return {
    name: text('name'),
    version: text('version'),
    description: text('description'),
    digestMatches: stated === sha256,
  };
}
