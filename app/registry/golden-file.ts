import { join } from 'node:path';
import { z } from 'zod';
import { ModelError } from '../model/errors.js';
import type { GoldenReading } from '../serving/golden-check.js';
import type { ModelFiles } from './model-files.js';
import { parseJson, type ModelManifest } from './model-manifest.js';
import { bytesOf } from './model-source.js';

const goldenSchema = z.object({
  input: z.record(z.string(), z.unknown()),
  expected: z.object({ negative: z.number(), positive: z.number() }),
});

/**
 * The golden readings of a model folder; empty where its manifest names none.
 *
 * @throws ModelError `damaged-model` naming file and line
 */
export function readGolden(
  { path: folder, files }: ModelFiles,
  manifest: ModelManifest | undefined,
): readonly GoldenReading[] {
  if (manifest?.golden === undefined) return [];
  const { file, rows } = manifest.golden;
  const path = join(folder, file);
  const readings = parseGolden(path, bytesOf(files, path));
  if (rows === undefined || rows === readings.length) return readings;
  throw new ModelError(
    'damaged-model',
    `${path}: has ${readings.length} readings, expected ${rows} as the manifest says (golden.rows)`,
  );
}

function parseGolden(path: string, bytes: Uint8Array): readonly GoldenReading[] {
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const readings = lines.map((line, i) => {
    const parsed = goldenSchema.safeParse(parseJson(`${path} line ${i + 1}`, line));
    if (parsed.success) return { input: parsed.data.input, ...parsed.data.expected };
    throw new ModelError('damaged-model', `${path} line ${i + 1}: expected {"input","expected"}`);
  });
  if (readings.length > 0) return readings;
  throw new ModelError('damaged-model', `${path}: expected at least one golden reading`);
}
