import { ModelRunner } from '../../app/cli/model-runner.js';
import { shippedModelPath } from '../../app/config/load-config.js';
import { parseReading } from '../../app/plates/parse-reading.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';

/** app/routes/example-decision.ts: what the shipped model answers to the documented reading. */
export async function exampleDecisionModule(): Promise<string> {
  const parsed = parseReading(EXAMPLE_READING);
  if (!parsed.ok) {
    throw new Error(`EXAMPLE_READING is no reading: ${JSON.stringify(parsed.faults)}`);
  }
  const runner = await ModelRunner.open(shippedModelPath());
  const [[negative, positive] = []] = await runner.score([parsed.reading]);
  await runner.close();
  if (negative === undefined || positive === undefined) {
    throw new Error('the shipped model does not answer EXAMPLE_READING');
  }
  return `/**
 * What the shipped model answers to the documented reading; a contract test holds it. Written by
 * "npm run sync:docs", which asks the model.
 */
export const EXAMPLE_DECISION = {
  negative: ${negative},
  positive: ${positive},
} as const;
`;
}
