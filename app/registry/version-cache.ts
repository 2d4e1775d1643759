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
    await store.publish(name, found.version, named).catch(async (error: unknown) => {
      if (!(error instanceof RegistryError) || error.code !== 'version-exists') throw error;
      // The same name may have meant another version in another registry.
      const there = await this.#registry.find({ name, ref: found.version }).catch(() => undefined);
      if (there?.sha256 === found.sha256) return;
      await store.remove(name, found.version);
      await store.publish(name, found.version, named);
    });
    const target = { version: found.version, manifest: found.sha256 };
    await this.#registry.pointAlias(name, ref, target, { ...BY, at: new Date(), action: 'keep' });
    await this.#registry.collect(name, KEPT, false);
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
