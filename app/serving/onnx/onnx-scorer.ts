import { ModelError } from '../../model/errors.js';
import { ReadingEncoder } from '../../plates/reading-encoder.js';
import type { Reading } from '../../plates/reading.js';
import { assertDecidesReadings } from '../assert-decides-readings.js';
import { isDecision } from '../is-decision.js';
import type { Clock, DecisionMetrics, ModelIdentity, Scorer } from '../ports.js';
import type { OnnxSession } from './onnx-session.js';

/** Scores readings with a pick_regno model in an ONNX session: features, then one run of the graph. */
export class OnnxScorer implements Scorer {
  readonly #encoder: ReadingEncoder;

  /**
   * @throws ModelError `incompatible-model` where the model does not decide readings
   */
  constructor(
    readonly model: ModelIdentity,
    private readonly session: OnnxSession,
    private readonly metrics: Pick<DecisionMetrics, 'stage'>,
    private readonly now: Clock,
  ) {
    assertDecidesReadings(session.signature);
    this.#encoder = new ReadingEncoder(session.signature);
  }

  async score(readings: readonly Reading[]): Promise<Float64Array> {
    const startedAt = this.now();
    const batch = this.#encoder.encode(readings);
    const encodedAt = this.now();
    const probabilities = await this.session.probabilities(batch);
    this.metrics.stage('features', encodedAt - startedAt);
    this.metrics.stage('inference', this.now() - encodedAt);
    // Of more columns, another class or another row would be read.
    if (probabilities.length !== 2 * readings.length) {
      throw new ModelError(
        'incompatible-model',
        `The model gave ${probabilities.length} probabilities for ${readings.length} readings`,
      );
    }
    const positives = new Float64Array(readings.length);
    for (let row = 0; row < readings.length; row += 1) {
      const negative = probabilities[2 * row] ?? NaN;
      const positive = probabilities[2 * row + 1] ?? NaN;
      positives[row] = isDecision(negative, positive) ? positive : NaN;
    }
    return positives;
  }
}
