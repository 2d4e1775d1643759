import { readModelFiles } from '../registry/model-files.js';
import { compileSource, modelSourceOf } from '../registry/model-source.js';
import { pickRegnoFeatures, toFeatureRow } from '../plates/pick-regno-features.js';
import type { Reading } from '../plates/reading.js';
import type { FeatureRow } from '../model/ir/ir.js';
import { createInterpreter } from '../model/reference/interpret.js';
import type { AnswerPath, PathName, PathOptions } from './answer-path.js';
import { usageError } from './command-error.js';
import { shapeOf } from './feature-shape.js';
import { HttpAnswers } from './http-answers.js';
import { ModelRunner } from './model-runner.js';
import type { ModelRow } from './row-shape.js';

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
    shape: runner.shape,
    answer: (asked) => runner.score(asked.map(({ value }) => value)),
    close: () => runner.close(),
  };
}

/** The interpreter takes the model as it was read, before any pass: a compiled file has lost that. */
async function openReference(model: string): Promise<AnswerPath> {
  const source = modelSourceOf(await readModelFiles(model));
  const { ir } = compileSource(source);
  if (ir === undefined) {
    throw usageError(
      `${source.path}: the reference needs the .cbm; for an .onnx give --through onnx`,
    );
  }
  const shape = shapeOf(ir);
  const interpret = createInterpreter(ir);
  const toRow = (value: ModelRow): FeatureRow =>
    shape.kind === 'features'
      ? (value as FeatureRow)
      : toFeatureRow(ir.features, pickRegnoFeatures(value as Reading));
  return {
    name: 'reference',
    shape,
    answer: (asked) =>
      Promise.resolve(asked.map(({ value }) => interpret(toRow(value)).probabilities)),
    close: () => Promise.resolve(),
  };
}
