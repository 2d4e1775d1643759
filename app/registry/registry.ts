import { join } from 'node:path';
import { ModelError } from '../model/errors.js';
import {
  championBefore,
  changeDeployment,
  parseDeployment,
  serializeDeployment,
  type Aliases,
  type AliasTarget,
  type Change,
  type Deployment,
} from './deployment.js';
import { digestOf, type ModelVersion } from './make-version.js';
import { MODEL_BYTES_MAX, TEXT_BYTES_MAX, type ModelFiles } from './model-files.js';
import { MANIFEST_FILE, parseManifest, type ModelManifest } from './model-manifest.js';
import {
  assertAlias,
  assertModelName,
  assertVersion,
  CHAMPION,
  type ModelReference,
} from './model-reference.js';
import type { ModelStore } from './model-store.js';
import { RegistryError } from './registry-error.js';

/** A version that was found, and verified as far as its manifest. */
export interface FoundVersion {
  readonly name: string;
  readonly version: string;
  readonly manifest: ModelManifest;
  /** The manifest itself, and its SHA-256. */
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** Who changes a deployment, when and why; what was done is added here. */
export type ChangeBy = Omit<Change, 'action'>;

/** Versions of models and what serves of each, whatever keeps them. */
export class ModelRegistry {
  constructor(readonly store: ModelStore) {}

  /**
   * Publishes a version, whole or not at all.
   *
   * @throws RegistryError `version-exists`, or `invalid-name` where an alias has the version's name
   */
  async push({ name, version, files }: ModelVersion): Promise<void> {
    const aliases = (await this.deployment(name))?.aliases ?? {};
    if (version === CHAMPION || Object.hasOwn(aliases, version)) {
      throw new RegistryError(
        'invalid-name',
        `version ${version}: an alias of ${name} has this name`,
      );
    }
    await this.store.publish(name, version, files);
  }

  /** The deployment of a model; undefined before its first. @throws RegistryError */
  async deployment(name: string): Promise<Deployment | undefined> {
    assertModelName(name);
    const stored = await this.store.deployment(name);
    return stored && parseDeployment(name, stored.text);
  }

  /**
   * The version that a reference names.
   *
   * @throws RegistryError `unknown-model`, `unknown-version` or `damaged-version`
   */
  async find(reference: ModelReference): Promise<FoundVersion> {
    return this.findTarget(
      reference,
      targetOf(await this.deployment(reference.name), reference.ref),
    );
  }

  /**
   * The same where it is known what the alias names. An alias names a manifest, too: another one under
   * the same version is refused.
   *
   * @param target undefined where the reference is a version itself
   */
  async findTarget(
    { name, ref }: ModelReference,
    target: AliasTarget | undefined,
  ): Promise<FoundVersion> {
    const found = await this.#readManifest(name, target?.version ?? ref);
    if (found === undefined) throw await this.#unknown(name, ref, target);
    if (target !== undefined && target.manifest !== found.sha256) {
      throw damaged(
        `${name}@${target.version}: SHA-256 of its ${MANIFEST_FILE} is ${found.sha256}, ` +
          `expected ${target.manifest} as the deployment says (${ref})`,
      );
    }
    return found;
  }

  /**
   * The files that serving a version needs, each checked against the manifest.
   *
   * @throws RegistryError `damaged-version` naming the file
   */
  async open(found: FoundVersion): Promise<ModelFiles> {
    const { name, version, manifest, bytes } = found;
    const path = `${name}@${version}`;
    const files = new Map<string, Uint8Array>([[join(path, MANIFEST_FILE), bytes]]);
    const { model, golden } = manifest;
    files.set(join(path, model.file), await this.readFile(found, model.file));
    if (golden !== undefined) {
      files.set(join(path, golden.file), await this.readFile(found, golden.file, TEXT_BYTES_MAX));
    }
    return { path, files };
  }

  /** Checks every file of a version. @throws RegistryError `damaged-version` */
  async verify(found: FoundVersion): Promise<void> {
    for (const file of Object.keys(found.manifest.files ?? {})) await this.readFile(found, file);
  }

  /** One file of a version, as its manifest describes it. @throws RegistryError `damaged-version` */
  async readFile(
    { name, version, manifest }: FoundVersion,
    file: string,
    bytesMax = MODEL_BYTES_MAX,
  ): Promise<Uint8Array> {
    const where = `${name}@${version}: ${file}`;
    const files = manifest.files ?? {};
    const stated = Object.hasOwn(files, file) ? files[file] : undefined;
    if (stated === undefined) {
      throw damaged(`${where} is not among the files of its ${MANIFEST_FILE}`);
    }
    const bytes = await this.store.read(name, version, file, Math.min(stated.bytes, bytesMax));
    if (bytes === undefined) throw damaged(`${where} is missing`);
    const { sha256 } = digestOf(bytes);
    if (sha256 === stated.sha256) return bytes;
    throw damaged(
      bytes.length === stated.bytes
        ? `${where}: SHA-256 is ${sha256}, expected ${stated.sha256}`
        : `${where} has ${bytes.length} bytes, expected ${stated.bytes}`,
    );
  }

  /**
   * Lets an alias name a version that is there and whole.
   *
   * @throws RegistryError; `deployment-conflict` where the deployment is changed meanwhile
   */
  async setAlias(
    reference: ModelReference,
    alias: string,
    change: ChangeBy & { readonly action?: string },
  ): Promise<Deployment> {
    assertAlias(alias);
    const action = change.action ?? `alias ${alias}`;
    return this.#change(reference.name, { ...change, action }, async (before) => {
      const found = await this.findTarget(reference, targetOf(before, reference.ref));
      if ((await this.store.versions(found.name)).includes(alias)) {
        throw new RegistryError('invalid-name', `alias ${alias}: a version has this name`);
      }
      await this.verify(found);
      const target = { version: found.version, manifest: found.sha256 };
      return { ...before?.aliases, [alias]: target };
    });
  }

  /** The same without a look at what the alias will name. @throws RegistryError */
  pointAlias(
    name: string,
    alias: string,
    target: AliasTarget,
    change: Change,
  ): Promise<Deployment> {
    return this.#change(name, change, (before) => ({ ...before?.aliases, [alias]: target }));
  }

  /** @throws RegistryError `unknown-version` where there is no such alias */
  async removeAlias(name: string, alias: string, change: ChangeBy): Promise<Deployment> {
    return this.#change(name, { ...change, action: `remove alias ${alias}` }, (before) => {
      const aliases = before?.aliases ?? {};
      if (!Object.hasOwn(aliases, alias)) throw unknownVersion(name, alias);
      return Object.fromEntries(Object.entries(aliases).filter(([one]) => one !== alias));
    });
  }

  /** Makes a version the champion: what serves. */
  promote(reference: ModelReference, change: ChangeBy): Promise<Deployment> {
    return this.setAlias(reference, CHAMPION, { ...change, action: 'promote' });
  }

  /**
   * Makes the champion before this one the champion again.
   *
   * @throws RegistryError `unknown-version` where there was none, `damaged-version` where it has changed,
   *   `deployment-conflict` where somebody changes the deployment meanwhile
   */
  async rollback(name: string, change: ChangeBy): Promise<Deployment> {
    await this.assertKnown(name);
    return this.#change(name, { ...change, action: 'rollback' }, async (before) => {
      const target = before && championBefore(before);
      if (target === undefined) {
        throw new RegistryError(
          'unknown-version',
          `${name} has had no other champion to go back to; promote one by its version`,
        );
      }
      await this.verify(await this.findTarget({ name, ref: CHAMPION }, target));
      return { ...before?.aliases, [CHAMPION]: target };
    });
  }

  /**
   * Removes old versions: all but the newest `keep`, and never what an alias or one of the last `keep`
   * champions names.
   *
   * @returns the versions that were removed, or would be
   */
  async collect(name: string, keep: number, isTrial: boolean): Promise<readonly string[]> {
    await this.assertKnown(name);
    const versions = await this.#byAge(name);
    const removed: string[] = [];
    for (const version of versions.slice(0, Math.max(0, versions.length - keep))) {
      // Read anew each time: it may have been promoted meanwhile.
      const kept = neededBy(await this.deployment(name), keep);
      if (kept.has(version)) continue;
      if (!isTrial) await this.store.remove(name, version);
      removed.push(version);
    }
    return removed;
  }

  async #byAge(name: string): Promise<string[]> {
    const created = new Map<string, string>();
    for (const version of await this.store.versions(name)) {
      created.set(version, await this.#createdAt(name, version));
    }
    const at = (version: string): string => created.get(version) ?? '';
    return [...created.keys()].sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0));
  }

  /** ISO 8601; empty for a version whose manifest is damaged, which counts as old. */
  async #createdAt(name: string, version: string): Promise<string> {
    try {
      return (await this.#readManifest(name, version))?.manifest.created ?? '';
    } catch (error) {
      if (error instanceof RegistryError && error.code === 'damaged-version') return '';
      throw error;
    }
  }

  /** Whoever has changed the deployment since it was read here wins. */
  async #change(
    name: string,
    change: Change,
    edit: (before: Deployment | undefined) => Aliases | Promise<Aliases>,
  ): Promise<Deployment> {
    assertModelName(name);
    const stored = await this.store.deployment(name);
    const before = stored && parseDeployment(name, stored.text);
    const after = changeDeployment(name, before, await edit(before), change);
    await this.store.deploy(name, serializeDeployment(after), stored?.etag);
    return after;
  }

  async #readManifest(name: string, version: string): Promise<FoundVersion | undefined> {
    assertModelName(name);
    assertVersion(version);
    const bytes = await this.store.read(name, version, MANIFEST_FILE, TEXT_BYTES_MAX);
    if (bytes === undefined) return undefined;
    const where = `${name}@${version}/${MANIFEST_FILE}`;
    const manifest = parse(where, bytes);
    if (manifest.name !== name || manifest.version !== version || manifest.files === undefined) {
      throw damaged(
        `${where} is that of ${manifest.name}@${manifest.version}` +
          (manifest.files === undefined ? ' and names no files' : ''),
      );
    }
    return { name, version, manifest, bytes, sha256: digestOf(bytes).sha256 };
  }

  /** @throws RegistryError `unknown-model` where there is nothing of this name */
  async assertKnown(name: string): Promise<void> {
    if ((await this.deployment(name)) !== undefined) return;
    if ((await this.store.versions(name)).length === 0) throw await this.#unknownModel(name);
  }

  async #unknown(
    name: string,
    ref: string,
    target: AliasTarget | undefined,
  ): Promise<RegistryError> {
    if (target !== undefined) {
      return damaged(
        `the deployment of ${name} names ${target.version} (${ref}), which is not there`,
      );
    }
    const versions = await this.store.versions(name);
    return versions.length > 0 ? unknownVersion(name, ref) : this.#unknownModel(name);
  }

  async #unknownModel(name: string): Promise<RegistryError> {
    const models = await this.store.models();
    const known = models.length === 0 ? 'it is empty' : `it has ${models.join(', ')}`;
    return new RegistryError('unknown-model', `${this.store.url} has no model ${name}; ${known}`);
  }
}

/** What an alias names; undefined where there is no such alias. */
export function targetOf(deployment: Deployment | undefined, ref: string): AliasTarget | undefined {
  const aliases = deployment?.aliases ?? {};
  return Object.hasOwn(aliases, ref) ? aliases[ref] : undefined;
}

/** Versions that a deployment names, the champions before this one included. */
function neededBy(deployment: Deployment | undefined, champions: number): ReadonlySet<string> {
  const named = Object.values(deployment?.aliases ?? {}).map(({ version }) => version);
  const before = (deployment?.history ?? []).flatMap(({ aliases }) => {
    const champion = Object.hasOwn(aliases, CHAMPION) ? aliases[CHAMPION] : undefined;
    const isAnother = champion?.version !== targetOf(deployment, CHAMPION)?.version;
    return champion !== undefined && isAnother ? [champion.version] : [];
  });
  return new Set([...named, ...[...new Set(before)].slice(0, champions)]);
}

function parse(where: string, bytes: Uint8Array): ModelManifest {
  try {
    return parseManifest(where, bytes);
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new RegistryError('damaged-version', error.message, { cause: error });
  }
}

function unknownVersion(name: string, ref: string): RegistryError {
  return new RegistryError(
    'unknown-version',
    `${name} has no version and no alias ${ref}; "regno models list ${name}" shows them`,
  );
}

function damaged(message: string): RegistryError {
  return new RegistryError(
    'damaged-version',
    `${message}; restore it, or push the model again under another version`,
  );
}
