import { compileCatBoost } from '../model/compile-catboost.js';
import { pickRegnoFeatures, toFeatureRow } from '../model/features/pick-regno-features.js';
import { createInterpreter } from '../model/reference/interpret.js';
import { assertDecidesReadings } from '../services/assert-decides-readings.js';
import type { AnswerPath, PathName, PathOptions } from './answer-path.js';
import { usageError } from './command-error.js';
import { HttpAnswers } from './http-answers.js';
import { readModelFile } from './model-file.js';
import { ModelRunner } from './model-runner.js';

/**
 * Makes ready to answer: loads the model, or nothing for HTTP.
 *
 * @throws CommandError, ModelError where the model cannot be used on this path.
 */
export async function openPath(name: PathName, options: PathOptions): Promise<AnswerPath> {
  switch (name) {
    case 'reference':
      return openReference(options.model);
    case 'onnx':
      return openOnnx(options.model);
    case 'http':
      return new HttpAnswers(options);
  }
}

async function openOnnx(model: string): Promise<AnswerPath> {
  const runner = await ModelRunner.open(model);
  return {
    name: 'onnx',
    answer: (asked) => runner.score(asked.map(({ reading }) => reading)),
    close: () => runner.close(),
  };
}

/** The interpreter takes the model as it was read, before any pass: a compiled file has lost that. */
async function openReference(model: string): Promise<AnswerPath> {
  const { kind, path, bytes } = await readModelFile(model);
  if (kind !== 'cbm') {
    throw usageError(`${path}: the reference needs the .cbm; for an .onnx give --through onnx`);
  }
  const { ir } = compileCatBoost(bytes);
  assertDecidesReadings(ir);
  const interpret = createInterpreter(ir);
  return {
    name: 'reference',
    answer: (asked) =>
      Promise.resolve(
        asked.map(({ reading }) => {
          const row = toFeatureRow(ir.features, pickRegnoFeatures(reading));
          const [negative = NaN, positive = NaN] = interpret(row).probabilities;
          return { negative, positive };
        }),
      ),
    close: () => Promise.resolve(),
  };
}
