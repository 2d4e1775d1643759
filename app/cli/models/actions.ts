import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { ReadingKind } from '../../plates/reading-kind.js';
import { LENIENT_RULES } from '../../plates/reading-rules.js';
import { filesOf, makeVersion, type ModelVersion } from '../../registry/make-version.js';
import { readModelFiles, TEXT_BYTES_MAX } from '../../registry/model-files.js';
import { MANIFEST_FILE } from '../../registry/model-manifest.js';
import { assertAlias, assertModelName, parseReference } from '../../registry/model-reference.js';
import { openStore } from '../../registry/open-store.js';
import { proveVersion } from '../../registry/prove-version.js';
import { readRegularFile } from '../../registry/read-regular-file.js';
import { ModelRegistry } from '../../registry/registry.js';
import { RegistryError } from '../../registry/registry-error.js';
import { CommandError, reasonOf, usageError } from '../command-error.js';
import { startProgress } from '../progress-bar.js';

export interface PushOptions {
  readonly registry: string;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly golden?: string | undefined;
  readonly card?: string | undefined;
  readonly alias?: string | undefined;
  /** Largest median time of one reading, µs. */
  readonly budget?: number | undefined;
  readonly by?: string | undefined;
}

export function openRegistry(place: string): ModelRegistry {
  return new ModelRegistry(openStore(place));
}

/** Who a change is kept as: the user of this machine where nobody else is named. */
export function changeBy(options: {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}) {
  const by = options.by ?? `${userInfo().username}@${hostname()}`;
  return { by, reason: options.reason, at: new Date() };
}

/** Compiles, proves and publishes a model. */
export async function pushModel(model: string, options: PushOptions) {
  const registry = openRegistry(options.registry);
  const version = makeVersion(await readModelFiles(model), {
    name: options.name,
    version: options.version,
    golden: await readOptional(options.golden, 'golden readings'),
    card: await readOptional(options.card ?? (await cardBeside(model)), 'a model card'),
    created: new Date(),
  });
  if (options.alias !== undefined) assertAlias(options.alias);
  const kind = new ReadingKind(LENIENT_RULES);
  const proof = await proveVersion(filesOf(version), kind, options.budget);
  await registry.push(version);
  if (options.alias !== undefined) await setAliasOf(registry, version, options.alias, options);
  const files = Object.fromEntries([...version.files].map(([file, { length }]) => [file, length]));
  return {
    name: version.name,
    version: version.version,
    digest: version.manifest.model.sha256,
    golden: proof.golden,
    medianMicros: proof.medianMicros,
    files,
    alias: options.alias,
  };
}

async function setAliasOf(
  registry: ModelRegistry,
  { name, version }: ModelVersion,
  alias: string,
  options: PushOptions,
): Promise<void> {
  try {
    await registry.setAlias({ name, ref: version }, alias, changeBy(options));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const command = `regno models alias ${name}@${version} ${alias}`;
    throw new CommandError(`${name}@${version} is published; its alias is not set: ${reason}; try "${command}"`);
  }
}

/** What a registry holds: of each model its versions, and what its aliases name. */
export async function listModels(place: string) {
  const registry = openRegistry(place);
  const models = await registry.store.models();
  return Promise.all(models.map((name) => listVersions(registry, name)));
}

/** The versions of one model with their aliases. */
export async function showModel(place: string, name: string) {
  return listVersions(openRegistry(place), name);
}

async function listVersions(registry: ModelRegistry, name: string) {
  assertModelName(name);
  const [versions, deployment] = [
    await registry.store.versions(name),
    await registry.deployment(name),
  ];
  if (versions.length === 0) await registry.find(parseReference(name));
  const rows = await Promise.all(
    versions.map(async (version) => {
      const aliases = Object.entries(deployment?.aliases ?? {})
        .filter(([, target]) => target.version === version)
        .map(([alias]) => alias);
      try {
        const { manifest } = await registry.findTarget({ name, ref: version }, undefined);
        const { created, model } = manifest;
        return { version, created, digest: model.sha256, bytes: model.bytes, aliases };
      } catch (error) {
        return { version, aliases, fault: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  return { name, versions: rows, deployment };
}

/** Copies a version into a new folder, every file checked; the folder is there whole or not at all. */
export async function pullModel(place: string, reference: string, out: string): Promise<string[]> {
  const registry = openRegistry(place);
  const found = await registry.find(parseReference(reference));
  const names = Object.keys(found.manifest.files ?? {});
  if ((await stat(out).catch(() => undefined)) !== undefined) {
    throw usageError(`${out} exists; expected the name of a new folder`);
  }
  const temporary = join(dirname(out), `.${found.name}-${process.pid}.tmp`);
  const progress = startProgress(names.length, 'files');
  try {
    await mkdir(temporary, { recursive: true });
    await writeFile(join(temporary, MANIFEST_FILE), found.bytes);
    for (const [done, file] of names.entries()) {
      progress.update(done, file);
      await writeFile(join(temporary, file), await registry.readFile(found, file));
    }
    await rename(temporary, out);
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    throw new CommandError(`${out} cannot be written (${reasonOf(error)})`);
  } finally {
    progress.stop();
    await rm(temporary, { recursive: true, force: true });
  }
  return [MANIFEST_FILE, ...names];
}

/** Checks every file of a version and its golden readings. */
export async function verifyModel(place: string, reference: string) {
  const registry = openRegistry(place);
  const found = await registry.find(parseReference(reference));
  await registry.verify(found);
  const { name, version, manifest } = found;
  const kind = new ReadingKind(LENIENT_RULES);
  const proof = await proveVersion(await registry.open(found), kind, undefined);
  return { name, version, digest: manifest.model.sha256, ...proof };
}

function readOptional(path: string | undefined, expected: string): Promise<Buffer> | undefined {
  return path === undefined ? undefined : readRegularFile(path, TEXT_BYTES_MAX, expected);
}

async function cardBeside(model: string): Promise<string | undefined> {
  const path = join(model, 'model-card.md');
  return (await stat(path).catch(() => undefined))?.isFile() === true ? path : undefined;
}
