import { basename } from 'node:path';
import { FolderStore } from './folder-store.js';
import type { ModelFiles } from './model-files.js';
import type { ModelReference } from './model-reference.js';
import { ModelRegistry, type FoundVersion } from './registry.js';
import { RegistryError } from './registry-error.js';

/** Versions that served before the last one and stay, to be at hand after a rollback. */
const KEPT = 3;
const BY = { by: 'regno', reason: undefined };

/**
 * What served last on this host, kept in a folder of its own: a registry in small, whose alias names the
 * version that the real one's alias named. Nothing in it is trusted more than in the real one: its
 * files are held against their manifest, and the manifest against the alias.
 */
export class VersionCache {
  readonly #registry: ModelRegistry;

  constructor(folder: string) {
    this.#registry = new ModelRegistry(new FolderStore(folder));
  }

  /**
   * Keeps a version that serves under the reference that named it.
   *
   * @throws RegistryError where the folder cannot be written
   */
  async keep({ name, ref }: ModelReference, found: FoundVersion, files: ModelFiles): Promise<void> {
    const { store } = this.#registry;
    const named = new Map([...files.files].map(([path, bytes]) => [basename(path), bytes]));
    if (!(await this.#holds(found))) {
      // The same name may have meant another version in another registry.
      await store.remove(name, found.version);
      await store.publish(name, found.version, named);
    }
    const target = { version: found.version, manifest: found.sha256 };
    await this.#registry.pointAlias(name, ref, target, { ...BY, at: new Date(), action: 'keep' });
    await this.#registry.collect(name, KEPT, false);
  }

  /** Whether the version is there already, and whole. */
  async #holds({ name, version, sha256 }: FoundVersion): Promise<boolean> {
    try {
      const there = await this.#registry.findTarget({ name, ref: version }, undefined);
      await this.#registry.open(there);
      return there.sha256 === sha256;
    } catch (error) {
      if (error instanceof RegistryError) return false;
      throw error;
    }
  }

  /** What served last under a reference; undefined where nothing did, or it is not whole any more. */
  async last(reference: ModelReference): Promise<ModelFiles | undefined> {
    try {
      return await this.#registry.open(await this.#registry.find(reference));
    } catch (error) {
      if (error instanceof RegistryError) return undefined;
      throw error;
    }
  }
}
