import { ModelError } from '../../model/errors.js';
import { assertTwoClasses } from '../assert-two-classes.js';
import { isDecision } from '../is-decision.js';
import type {
  Clock,
  DecisionMetrics,
  InputEncoder,
  InputKind,
  ModelIdentity,
  Scorer,
} from '../ports.js';
import type { OnnxSession } from './onnx-session.js';

/** Scores inputs with a model in an ONNX session: features, then one run of the graph. */
export class OnnxScorer<Input> implements Scorer<Input> {
  readonly #encoder: InputEncoder<Input>;

  /**
   * @throws ModelError `incompatible-model` where the model does not decide inputs of this kind
   */
  constructor(
    readonly model: ModelIdentity,
    private readonly session: OnnxSession,
    kind: InputKind<Input>,
    private readonly metrics: Pick<DecisionMetrics, 'stage'>,
    private readonly now: Clock,
  ) {
    assertTwoClasses(session.signature);
    this.#encoder = kind.encoderFor(session.signature);
  }

  async score(inputs: readonly Input[]): Promise<Float64Array> {
    const startedAt = this.now();
    const batch = this.#encoder.encode(inputs);
    const encodedAt = this.now();
    const probabilities = await this.session.probabilities(batch);
    this.metrics.stage('features', encodedAt - startedAt);
    this.metrics.stage('inference', this.now() - encodedAt);
    // Of more columns, another class or another row would be read.
    if (probabilities.length !== 2 * inputs.length) {
      throw new ModelError(
        'incompatible-model',
        `The model gave ${probabilities.length} probabilities for ${inputs.length} inputs`,
      );
    }
    const positives = new Float64Array(inputs.length);
    for (let row = 0; row < inputs.length; row += 1) {
      const negative = probabilities[2 * row] ?? NaN;
      const positive = probabilities[2 * row + 1] ?? NaN;
      positives[row] = isDecision(negative, positive) ? positive : NaN;
    }
    return positives;
  }
}
