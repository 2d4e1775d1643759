import { FolderStore } from '../../app/registry/folder-store.js';
import { makeVersion } from '../../app/registry/make-version.js';
import { readModelFiles } from '../../app/registry/model-files.js';
import { parseReference } from '../../app/registry/model-reference.js';
import { ModelRegistry } from '../../app/registry/registry.js';

/** A registry in a folder with versions of one model. */
export class TestRegistry extends ModelRegistry {
  static readonly NAME = 'pick-regno';
  static readonly CHANGE = { by: 'tester', reason: undefined, at: new Date(0) };
  /** Of the graph of each version that was pushed. */
  readonly digests = new Map<string, string>();

  constructor(readonly folder: string) {
    super(new FolderStore(folder));
  }

  /** Pushes a model folder or file without a proof, as no command does. */
  async pushFrom(path: string, version: string): Promise<void> {
    const parts = { name: TestRegistry.NAME, version, created: new Date() };
    const made = makeVersion(await readModelFiles(path), parts);
    this.digests.set(version, made.manifest.model.sha256);
    await this.push(made);
  }

  async promoteVersion(version: string): Promise<void> {
    const reference = parseReference(`${TestRegistry.NAME}@${version}`);
    await this.promote(reference, TestRegistry.CHANGE);
  }
}
