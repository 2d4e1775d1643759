import { loadModel } from '../registry/load-model.js';
import type { OnnxSession } from '../serving/onnx/onnx-session.js';
import { ReadingEncoder } from '../plates/reading-encoder.js';
import type { Reading } from '../plates/reading.js';
import type { FeatureRow } from '../model/ir/ir.js';
import { encodeRows } from '../model/onnx/encode-rows.js';
import { predictedClass } from '../model/onnx/predicted-class.js';
import type { EncodedBatch } from '../model/onnx/signature.js';
import { shapeOf } from './feature-shape.js';
import type { ModelRow, RowShape } from './row-shape.js';

/** One number per answer of the shape; the class, or of several labels those that apply. */
export interface Classified {
  readonly numbers: readonly number[];
  readonly chosen: string | readonly string[] | undefined;
}

/** A model in onnxruntime that answers rows, outside any service. */
export class ModelRunner {
  private constructor(
    /** What rows it takes. */
    readonly shape: RowShape,
    /** What a user should know before relying on the answers. */
    readonly warnings: readonly string[],
    private readonly session: OnnxSession,
    private readonly encode: (rows: readonly ModelRow[]) => EncodedBatch,
  ) {}

  /**
   * @param path a model folder, a `.cbm` or an `.onnx`.
   * @throws ModelError where it cannot be loaded.
   */
  static async open(path: string): Promise<ModelRunner> {
    const { session } = await loadModel(path);
    const { signature } = session;
    const shape = shapeOf(signature);
    return new ModelRunner(shape, signature.warnings ?? [], session, encoderFor(shape, session));
  }

  /**
   * One run of the graph. One call at a time.
   *
   * @param rows as the shape reads them.
   * @returns per row one number per answer of the shape.
   */
  async score(rows: readonly ModelRow[]): Promise<number[][]> {
    const width = this.shape.answers.length;
    const numbers = await this.session.probabilities(this.encode(rows));
    return rows.map((_, row) => [...numbers.subarray(width * row, width * (row + 1))]);
  }

  /** As `score`, with the class that the model's threshold decides for where it answers by class. */
  async classify(rows: readonly ModelRow[]): Promise<Classified[]> {
    const width = this.shape.answers.length;
    const { probabilities, raw } = await this.session.run(this.encode(rows));
    return rows.map((_, row) => ({
      numbers: [...probabilities.subarray(width * row, width * (row + 1))],
      chosen: this.namesClass ? predictedClass(this.session.signature, raw, row) : undefined,
    }));
  }

  /** Readings are answered as by the service, which leaves the decision to its caller. */
  get namesClass(): boolean {
    return this.shape.kind === 'features' && this.session.signature.classNames.length > 0;
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

/** Readings are encoded as in the service, so that both answer alike to the last bit. */
function encoderFor(
  { kind }: RowShape,
  { signature }: OnnxSession,
): (rows: readonly ModelRow[]) => EncodedBatch {
  if (kind === 'features') return (rows) => encodeRows(signature, rows as readonly FeatureRow[]);
  const encoder = new ReadingEncoder(signature);
  return (rows) => encoder.encode(rows as readonly Reading[]);
}
