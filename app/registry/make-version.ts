import { createHash } from 'node:crypto';
import { basename, extname, join } from 'node:path';
import type { ModelFiles } from './model-files.js';
import { MANIFEST_FILE, parseManifest, type ModelManifest } from './model-manifest.js';
import { assertModelName, assertVersion } from './model-reference.js';
import { bytesOf, compileSource, modelSourceOf, type ModelSource } from './model-source.js';

/** What is pushed besides the model itself. */
export interface VersionParts {
  /** In place of the manifest's. */
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Golden readings, in place of the manifest's. */
  readonly golden?: Uint8Array | undefined;
  readonly card?: Uint8Array | undefined;
  readonly created: Date;
}

/** A version, not yet in a registry. */
export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  readonly manifest: ModelManifest;
  /** All its files by name, the manifest included. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const GRAPH_FILE = 'model.onnx';
const SOURCE_FILE = 'model.cbm';
const GOLDEN_FILE = 'golden.ndjson';
const CARD_FILE = 'model-card.md';
const GOLDEN_TOLERANCE = 1e-12;

/**
 * Makes a version of what was read: compiles the model, so that every host serves the same graph, and
 * writes a manifest that has the digest of each file.
 *
 * @param files a model folder, a `.cbm` or an `.onnx`
 * @throws ModelError where the model cannot be used, RegistryError `invalid-name`
 */
export function makeVersion(files: ModelFiles, parts: VersionParts): ModelVersion {
  const source = modelSourceOf(files);
  const { onnx, signature, ir } = compileSource(source);
  const name = parts.name ?? source.manifest?.name ?? basename(source.path, extname(source.path));
  const version = parts.version ?? source.manifest?.version ?? source.sha256.slice(0, 12);
  assertModelName(name);
  assertVersion(version);
  const own = ownFiles(files, source, onnx, parts);
  const golden = own.get(GOLDEN_FILE);
  const manifest = {
    // What else the author states, metrics and training among it, goes along.
    ...statedIn(files),
    schemaVersion: 1,
    name,
    version,
    created: parts.created.toISOString(),
    compilerVersion: signature.compilerVersion,
    model: { file: GRAPH_FILE, format: 'onnx', ...digestOf(onnx) },
    ...(ir !== undefined && {
      source: { file: SOURCE_FILE, ...digestOf(source.bytes), trees: ir.trees.length },
    }),
    golden: golden && {
      file: GOLDEN_FILE,
      rows: rowsOf(golden),
      tolerance: source.manifest?.golden?.tolerance ?? GOLDEN_TOLERANCE,
    },
    classNames: signature.classNames,
    features: signature.features.map((feature) => ({ name: feature.name, kind: feature.kind })),
    files: Object.fromEntries([...own].map(([file, bytes]) => [file, digestOf(bytes)])),
  };
  const bytes = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
  return {
    name,
    version,
    manifest: parseManifest(`${name}@${version}/${MANIFEST_FILE}`, bytes),
    files: new Map<string, Uint8Array>([[MANIFEST_FILE, bytes], ...own]),
  };
}

/** The files of a version as a registry hands them out. */
export function filesOf({ name, version, files }: ModelVersion): ModelFiles {
  const path = `${name}@${version}`;
  return { path, files: new Map([...files].map(([file, bytes]) => [join(path, file), bytes])) };
}

/** SHA-256 and size, as a manifest states them of each file. */
export function digestOf(bytes: Uint8Array): { readonly sha256: string; readonly bytes: number } {
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
}

/** All files of the version but its manifest. */
function ownFiles(
  files: ModelFiles,
  source: ModelSource,
  onnx: Uint8Array,
  parts: VersionParts,
): Map<string, Uint8Array> {
  const own = new Map([[GRAPH_FILE, onnx]]);
  if (source.kind === '.cbm') own.set(SOURCE_FILE, source.bytes);
  const stated = source.manifest?.golden;
  const golden = parts.golden ?? (stated && bytesOf(files.files, join(files.path, stated.file)));
  if (golden !== undefined) own.set(GOLDEN_FILE, golden);
  if (parts.card !== undefined) own.set(CARD_FILE, parts.card);
  return own;
}

/** The manifest of a folder, with the fields that regno does not know. */
function statedIn({ path, files }: ModelFiles): Record<string, unknown> {
  const manifest = files.get(join(path, MANIFEST_FILE));
  if (manifest === undefined) return {};
  return JSON.parse(Buffer.from(manifest).toString('utf8')) as Record<string, unknown>;
}

function rowsOf(ndjson: Uint8Array): number {
  const lines = Buffer.from(ndjson).toString('utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').length;
}
