import { createHash } from 'node:crypto';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelError } from '../../model/errors.js';
import type { FeatureKind } from '../../model/ir/ir.js';
import { assertEmittedGraph } from '../../model/onnx/check-graph.js';
import { PROBABILITIES_OUTPUT, RAW_OUTPUT } from '../../model/onnx/emit-link.js';
import { readSignature } from '../../model/onnx/metadata.js';
import { CATEGORY_INPUT, NUMERIC_INPUT, textInput } from '../../model/onnx/signature.js';
import type { EncodedBatch, ModelSignature } from '../../model/onnx/signature.js';
import * as runtime from './onnx-runtime.js';

/** What the graph answers for a batch, row-major. */
export interface BatchScores {
  readonly rows: number;
  /** rows * classes */
  readonly probabilities: Float64Array;
  /** rows * dimension */
  readonly raw: Float64Array;
}

const PROBABILITIES_ONLY: readonly string[] = [PROBABILITIES_OUTPUT];

/** Errors only: the runtime's warnings name nothing that a caller could change. */
const LOG_ERRORS = 3;

export const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: LOG_ERRORS,
};

/**
 * A compiled model in onnxruntime-node, with one thread: a run blocks the caller's event loop, and
 * more threads would spin while idle. One thread also adds the trees in one order, and compiled graphs
 * have no operator that mixes rows or rounds by their number (`emit-exponent.ts`), so that a row has
 * the same answer, to the bit, alone and in any batch.
 */
export class OnnxSession {
  private constructor(
    readonly signature: ModelSignature,
    /** Lower-case hex SHA-256 of the ONNX file: two files that answer differently never share one. */
    readonly digest: string,
    private readonly session: InferenceSession,
    private readonly widths: TensorWidths,
  ) {}

  /**
   * @param onnx a file made by `compileCatBoost`; not kept.
   * @throws ModelError `damaged-model` or `incompatible-model` where it is not such a file.
   */
  static async load(onnx: Uint8Array): Promise<OnnxSession> {
    const signature = readSignature(onnx);
    assertEmittedGraph(onnx);
    let session: InferenceSession;
    try {
      session = await runtime.InferenceSession.create(onnx, SESSION_OPTIONS);
    } catch (cause) {
      throw new ModelError('damaged-model', 'onnxruntime refuses the ONNX file', { cause });
    }
    assertTensorNames(session, signature);
    const digest = createHash('sha256').update(onnx).digest('hex');
    return new OnnxSession(signature, digest, session, tensorWidths(signature));
  }

  /** Scores a batch; an empty one without asking the runtime. */
  async run(batch: EncodedBatch): Promise<BatchScores> {
    if (batch.rows === 0) {
      return { rows: 0, probabilities: new Float64Array(), raw: new Float64Array() };
    }
    const outputs = await this.session.run(feedsOf(this.widths, batch));
    return {
      rows: batch.rows,
      probabilities: float64(outputs, PROBABILITIES_OUTPUT),
      raw: float64(outputs, RAW_OUTPUT),
    };
  }

  /**
   * Probabilities alone, rows * classes: what is not asked for is not handed over, which saves about
   * 2 µs of a run's fixed cost.
   */
  async probabilities(batch: EncodedBatch): Promise<Float64Array> {
    if (batch.rows === 0) return new Float64Array();
    const outputs = await this.session.run(feedsOf(this.widths, batch), PROBABILITIES_ONLY);
    return float64(outputs, PROBABILITIES_OUTPUT);
  }

  /** Frees the runtime's memory; the session cannot run afterwards. */
  async release(): Promise<void> {
    await this.session.release();
  }
}

/** Whether the graph takes and gives the tensors that its signature promises. */
function assertTensorNames(
  { inputNames, outputNames }: InferenceSession,
  signature: ModelSignature,
) {
  const { floats, categoricals, texts } = tensorWidths(signature);
  const expected = [
    ...(floats > 0 ? [NUMERIC_INPUT] : []),
    ...(categoricals > 0 ? [CATEGORY_INPUT] : []),
    ...Array.from({ length: texts }, (_, index) => textInput(index)),
  ];
  const fits =
    inputNames.length === expected.length &&
    expected.every((name) => inputNames.includes(name)) &&
    [PROBABILITIES_OUTPUT, RAW_OUTPUT].every((name) => outputNames.includes(name));
  if (fits) return;
  throw new ModelError(
    'incompatible-model',
    'The inputs and outputs of the ONNX file are not those of its signature; compile the .cbm again',
  );
}

/** How many features of each kind a model takes, which is how wide its tensors are. */
interface TensorWidths {
  readonly floats: number;
  readonly categoricals: number;
  readonly texts: number;
}

/** The tensors of a batch by input name, over the batch's own memory. */
export function feedsOf(widths: TensorWidths, batch: EncodedBatch): Record<string, Tensor> {
  const { rows } = batch;
  const { floats, categoricals, texts } = widths;
  const feeds: Record<string, Tensor> = {};
  if (floats > 0)
    feeds[NUMERIC_INPUT] = new runtime.Tensor('float32', batch.numeric, [rows, floats]);
  if (categoricals > 0) {
    const values = int64View(batch.categoryHash);
    feeds[CATEGORY_INPUT] = new runtime.Tensor('int64', values, [rows, categoricals]);
  }
  for (let index = 0; index < texts; index++) {
    const text = batch.texts[index];
    if (text === undefined) {
      throw new ModelError('invalid-input', `The batch lacks text ${index} of ${texts}`);
    }
    feeds[textInput(index)] = new runtime.Tensor('int64', int64View(text.words), [
      rows,
      text.width,
    ]);
  }
  return feeds;
}

export function tensorWidths(signature: ModelSignature): TensorWidths {
  const count = (kind: FeatureKind): number =>
    signature.features.filter((feature) => feature.kind === kind).length;
  return { floats: count('float'), categoricals: count('categorical'), texts: count('text') };
}

/** The same memory as 64-bit numbers; a copy only where the words start between two of them. */
function int64View(words: Uint32Array): BigInt64Array {
  const aligned = words.byteOffset % 8 === 0 ? words : words.slice();
  return new BigInt64Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

function float64(outputs: InferenceSession.OnnxValueMapType, name: string): Float64Array {
  const data = outputs[name]?.data;
  if (data instanceof Float64Array) return data;
  throw new ModelError('incompatible-model', `The ONNX file has no f64 output "${name}"`);
}
