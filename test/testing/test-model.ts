import { loadModel, type LoadedModel } from '../../app/registry/load-model.js';
import { OnnxScorer } from '../../app/serving/onnx/onnx-scorer.js';
import { shippedModelPath } from '../../app/config/load-config.js';
import { parseReading } from '../../app/plates/parse-reading.js';
import { ReadingKind } from '../../app/plates/reading-kind.js';
import { DEFAULT_RULES } from '../../app/plates/reading-rules.js';
import type { Reading } from '../../app/plates/reading.js';
import type { Scorer } from '../../app/serving/ports.js';
import type { WireReading } from './readings.js';

let loading: Promise<LoadedModel> | undefined;

/** The shipped model in onnxruntime-node, once per test file. */
export function shippedModel(): Promise<LoadedModel> {
  loading ??= loadModel(shippedModelPath());
  return loading;
}

/** A scorer of the shipped model that counts nothing. */
export async function shippedScorer(): Promise<Scorer<Reading>> {
  const { identity, session } = await shippedModel();
  return new OnnxScorer(
    identity,
    session,
    new ReadingKind(DEFAULT_RULES),
    { stage: () => undefined },
    () => 0,
  );
}

/**
 * The body of the answer to each reading, each scored alone, as the wire has it.
 *
 * @throws Error where a reading is not a good one
 */
export async function expectedAnswers(readings: readonly WireReading[]): Promise<string[]> {
  const scorer = await shippedScorer();
  const answers: string[] = [];
  for (const wire of readings) {
    const parsed = parseReading(wire);
    if (!parsed.ok) throw new Error(`not a good reading: ${JSON.stringify(parsed.faults)}`);
    const [positive = NaN] = await scorer.score([parsed.reading]);
    answers.push(JSON.stringify({ body: { negative: 1 - positive, positive }, status: 'ok' }));
  }
  return answers;
}
