import { z } from 'zod';
import { ModelError } from '../model/errors.js';

/** The file that makes a folder a model folder. */
export const MANIFEST_FILE = 'manifest.json';

const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  name: label(128),
  version: label(64),
  description: z.string().optional(),
  created: z.string().optional(),
  model: z.object({
    file: fileName(),
    sha256: sha256(),
    format: z.string().optional(),
    bytes: z.number().optional(),
    trees: z.number().optional(),
  }),
  golden: z
    .object({
      file: fileName(),
      rows: z.number().optional(),
      tolerance: z.number().positive().max(0.01),
    })
    .optional(),
  /** Every file of a registry's version but this one, by its name. */
  files: z.record(fileName(), z.object({ sha256: sha256(), bytes: z.int().min(0) })).optional(),
  classNames: z.array(z.string()).optional(),
  features: z.array(z.object({ name: z.string(), kind: z.string() })).optional(),
});

export type ModelManifest = z.output<typeof manifestSchema>;

/**
 * @param path for errors
 * @throws ModelError `damaged-model` naming every fault
 */
export function parseManifest(path: string, bytes: Uint8Array): ModelManifest {
  const parsed = manifestSchema.safeParse(parseJson(path, Buffer.from(bytes).toString('utf8')));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ModelError('damaged-model', `${path}: ${faults.join('; ')}`);
}

/** @throws ModelError `damaged-model` saying where */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ModelError('damaged-model', `${where}: not valid JSON`, { cause });
  }
}

/** What stands in headers, logs and labels: no control characters, no halves of surrogate pairs. */
function label(charsMax: number) {
  return z
    .string()
    .min(1)
    .max(charsMax)
    .regex(/^[^\p{Cc}\p{Surrogate}]*$/u, 'expected a text without control characters');
}

function sha256() {
  return z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');
}

/** A manifest may only name files beside itself. */
function fileName() {
  return z.string().regex(/^[\w-][\w.-]{0,254}$/, 'expected a plain file name');
}
