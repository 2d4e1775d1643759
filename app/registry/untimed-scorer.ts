import { OnnxScorer } from '../serving/onnx/onnx-scorer.js';
import type { InputKind } from '../serving/ports.js';
import type { LoadedModel } from './load-model.js';

const UNTIMED = { stage: () => undefined };

/**
 * Scores as a service does, where nobody counts stages.
 *
 * @throws ModelError `incompatible-model` where the model does not decide inputs of this kind
 */
export function untimedScorer<Input>(
  { identity, session }: Pick<LoadedModel, 'identity' | 'session'>,
  kind: InputKind<Input>,
): OnnxScorer<Input> {
  return new OnnxScorer(identity, session, kind, UNTIMED, () => 0);
}
