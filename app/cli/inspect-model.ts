import { createHash } from 'node:crypto';
import { describeCbm, type CbmDescription } from '../model/catboost/describe-cbm.js';
import { compileCatBoost } from '../model/compile-catboost.js';
import { inspectOnnx, type OnnxReport } from '../model/onnx/inspect-onnx.js';
import { readModelFile } from './model-file.js';

/** What `regno inspect` tells of a model. */
export interface ModelReport {
  readonly file: string;
  readonly kind: 'cbm' | 'onnx';
  readonly bytes: number;
  /** Of the file itself, lower-case hex. */
  readonly sha256: string;
  /** What the folder's manifest says, where a folder was named. */
  readonly manifest: ManifestSummary | undefined;
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
 * @throws CommandError, ModelError naming the file and what is wrong with it.
 */
export async function inspectModel(path: string): Promise<ModelReport> {
  const file = await readModelFile(path);
  const sha256 = createHash('sha256').update(file.bytes).digest('hex');
  const onnx = inspectOnnx(file.kind === 'cbm' ? compileCatBoost(file.bytes).onnx : file.bytes);
  return {
    file: file.path,
    kind: file.kind,
    bytes: file.bytes.length,
    sha256,
    manifest: file.manifest === undefined ? undefined : summarise(file.manifest, sha256),
    catboost: file.kind === 'cbm' ? describeCbm(file.bytes) : undefined,
    onnx: {
      ...onnx,
      opsets: Object.fromEntries(onnx.opsets),
      operators: Object.fromEntries(onnx.operators),
    },
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
