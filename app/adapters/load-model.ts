import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { z } from 'zod';
import { compileCatBoost } from '../model/compile-catboost.js';
import { ModelError } from '../model/errors.js';
import type { GoldenReading } from '../services/golden-check.js';
import type { ModelIdentity } from '../services/ports.js';
import { OnnxSession } from './onnx-session.js';
import { readRegularFile, unreadable } from './read-regular-file.js';

/** A model that can be run, and the readings that prove it runs right. */
export interface LoadedModel {
  readonly identity: ModelIdentity;
  readonly session: OnnxSession;
  /** Empty where the model ships none. */
  readonly golden: readonly GoldenReading[];
  /** Largest difference from a golden probability that is accepted. */
  readonly goldenTolerance: number;
}

/** Largest model file that is read. */
const MODEL_BYTES_MAX = 1024 * 1024 * 1024;
/** Largest manifest or file of golden readings. */
const TEXT_BYTES_MAX = 64 * 1024 * 1024;
const MODEL_EXPECTED = 'a model folder with a manifest.json, a .cbm or an .onnx';
const DEFAULT_TOLERANCE = 1e-12;

const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  name: z.string().min(1).max(128),
  version: z.string().min(1).max(64),
  model: z.object({
    file: fileName(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'),
  }),
  golden: z.object({ file: fileName(), tolerance: z.number().positive().max(0.01) }).optional(),
});

const goldenSchema = z.object({
  input: z.record(z.string(), z.unknown()),
  expected: z.object({ negative: z.number(), positive: z.number() }),
});

/**
 * Loads what `MODEL` names: a folder with a `manifest.json`, a `.cbm` (compiled on the spot) or an
 * `.onnx` that regno's compiler made.
 *
 * @throws ModelError naming the file and what is wrong with it
 */
export async function loadModel(path: string): Promise<LoadedModel> {
  const info = await stat(path).catch((cause: unknown) => {
    throw unreadable(path, cause, MODEL_EXPECTED);
  });
  if (info.isDirectory()) return loadFolder(path);
  const kind = kindOf(path);
  const session = await openSession(
    path,
    kind,
    await readRegularFile(path, MODEL_BYTES_MAX, MODEL_EXPECTED),
  );
  const name = basename(path, extname(path));
  return {
    identity: { name, version: session.digest.slice(0, 12), ...identityOf(session) },
    session,
    golden: [],
    goldenTolerance: DEFAULT_TOLERANCE,
  };
}

async function loadFolder(folder: string): Promise<LoadedModel> {
  const manifest = await readManifest(join(folder, 'manifest.json'));
  const path = join(folder, manifest.model.file);
  const kind = kindOf(path);
  const bytes = await readRegularFile(path, MODEL_BYTES_MAX, 'the model that the manifest names');
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== manifest.model.sha256) {
    throw new ModelError(
      'damaged-model',
      `${path}: SHA-256 is ${digest}, expected ${manifest.model.sha256} as the manifest says; ` +
        'restore the file or correct the manifest',
    );
  }
  const session = await openSession(path, kind, bytes);
  const golden = manifest.golden;
  return {
    identity: { name: manifest.name, version: manifest.version, ...identityOf(session) },
    session,
    golden: golden === undefined ? [] : await readGolden(join(folder, golden.file)),
    goldenTolerance: golden?.tolerance ?? DEFAULT_TOLERANCE,
  };
}

function identityOf({ digest, signature }: OnnxSession) {
  return { digest, compilerVersion: signature.compilerVersion };
}

function kindOf(path: string): '.cbm' | '.onnx' {
  const kind = extname(path).toLowerCase();
  if (kind === '.cbm' || kind === '.onnx') return kind;
  throw new ModelError('unsupported-model', `${path}: expected ${MODEL_EXPECTED}`);
}

async function openSession(
  path: string,
  kind: '.cbm' | '.onnx',
  bytes: Uint8Array,
): Promise<OnnxSession> {
  try {
    return await OnnxSession.load(kind === '.cbm' ? compileCatBoost(bytes).onnx : bytes);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

async function readManifest(path: string): Promise<z.output<typeof manifestSchema>> {
  const parsed = manifestSchema.safeParse(
    parseJson(path, await readText(path, 'the manifest of a model folder')),
  );
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ModelError('damaged-model', `${path}: ${faults.join('; ')}`);
}

async function readGolden(path: string): Promise<readonly GoldenReading[]> {
  const lines = (await readText(path, 'golden readings'))
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

async function readText(path: string, expected: string): Promise<string> {
  return (await readRegularFile(path, TEXT_BYTES_MAX, expected)).toString('utf8');
}

function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ModelError('damaged-model', `${where}: not valid JSON`, { cause });
  }
}

/** A manifest may only name files beside itself. */
function fileName() {
  return z.string().regex(/^[\w-][\w.-]{0,254}$/, 'expected a plain file name');
}
