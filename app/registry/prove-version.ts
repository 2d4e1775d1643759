import { checkGolden, describeGoldenFailure, type GoldenResult } from '../serving/golden-check.js';
import type { InputKind } from '../serving/ports.js';
import { openModel } from './load-model.js';
import type { ModelFiles } from './model-files.js';
import { RegistryError } from './registry-error.js';
import { untimedScorer } from './untimed-scorer.js';

export interface VersionProof {
  readonly golden: GoldenResult;
  /** Median time of one golden input alone, features included; undefined without golden inputs. */
  readonly medianMicros: number | undefined;
}

/**
 * Answers the golden inputs of a version as a worker will at its start.
 *
 * @param budgetMicros largest median time of one input; undefined for any
 * @throws ModelError where the model cannot decide such inputs, RegistryError `refused-version` where
 *   its answers are wrong or too slow
 */
export async function proveVersion<Input>(
  files: ModelFiles,
  kind: InputKind<Input>,
  budgetMicros: number | undefined,
): Promise<VersionProof> {
  const { path } = files;
  const loaded = await openModel(files);
  const { session, golden, goldenTolerance } = loaded;
  try {
    const scorer = untimedScorer(loaded, kind);
    const result = await checkGolden(kind, scorer, golden, goldenTolerance);
    if (result.state === 'failed') throw refused(path, describeGoldenFailure(result));
    const inputs = golden.map(({ input }) => kind.parseGolden(input));
    const times: number[] = [];
    for (const input of inputs) {
      if (input === undefined) continue;
      const startedAt = performance.now();
      await scorer.score([input]);
      times.push((performance.now() - startedAt) * 1000);
    }
    const medianMicros = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    if (budgetMicros !== undefined && medianMicros === undefined) {
      throw refused(path, 'there are no golden readings to measure; give some, or no budget');
    }
    if (budgetMicros !== undefined && (medianMicros ?? 0) > budgetMicros) {
      const took = `${Math.round(medianMicros ?? 0)} µs`;
      throw refused(path, `one reading takes ${took} (median), the budget is ${budgetMicros} µs`);
    }
    return { golden: result, medianMicros };
  } finally {
    await session.release();
  }
}

function refused(path: string, why: string): RegistryError {
  return new RegistryError('refused-version', `${path}: ${why}`);
}
