import { loadModel } from '../adapters/load-model.js';
import type { OnnxSession } from '../adapters/onnx-session.js';
import { ReadingEncoder } from '../model/features/reading-encoder.js';
import type { Reading } from '../model/features/reading.js';
import { assertDecidesReadings } from '../services/assert-decides-readings.js';
import type { ModelIdentity } from '../services/ports.js';

export interface Probabilities {
  readonly negative: number;
  readonly positive: number;
}

/** A model in onnxruntime that answers readings, outside any service. */
export class ModelRunner {
  readonly #encoder: ReadingEncoder;

  private constructor(
    readonly identity: ModelIdentity,
    private readonly session: OnnxSession,
  ) {
    this.#encoder = new ReadingEncoder(session.signature);
  }

  /**
   * @param path a model folder, a `.cbm` or an `.onnx`.
   * @throws ModelError where it cannot be loaded, or does not answer readings with two probabilities.
   */
  static async open(path: string): Promise<ModelRunner> {
    const { identity, session } = await loadModel(path);
    assertDecidesReadings(session.signature);
    return new ModelRunner(identity, session);
  }

  /** One run of the graph. One call at a time. */
  async score(readings: readonly Reading[]): Promise<Probabilities[]> {
    const { probabilities } = await this.session.run(this.#encoder.encode(readings));
    return readings.map((_, row) => ({
      negative: probabilities[2 * row] ?? NaN,
      positive: probabilities[2 * row + 1] ?? NaN,
    }));
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
