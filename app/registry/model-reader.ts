import { ModelError } from '../model/errors.js';
import { parseDeployment, type AliasTarget } from './deployment.js';
import { readModelFiles, type ModelFiles } from './model-files.js';
import { isReference, parseReference, type ModelReference } from './model-reference.js';
import { openStore } from './open-store.js';
import { RegistryError } from './registry-error.js';
import { ModelRegistry, targetOf, type FoundVersion } from './registry.js';
import { VersionCache } from './version-cache.js';

/** Reads what `MODEL` names, as often as it is asked to. */
export interface ModelReader {
  /** @throws ModelError, RegistryError naming what is wrong */
  read(): Promise<ModelFiles>;
  /** Whether `hasChanged` can be asked; of a path nobody knows but by reading. */
  readonly isPolled: boolean;
  /**
   * Whether something else is named than was read last, usable or not.
   *
   * @throws RegistryError where the registry does not answer
   */
  hasChanged(): Promise<boolean>;
  /** What was read last is not served: it is a change again once its deployment is written anew. */
  refused(): void;
  /** What was read last serves. @throws RegistryError where it cannot be kept for later starts */
  served(): Promise<void>;
  /** What served last on this host; undefined where nothing was kept. */
  lastServed(): Promise<ModelFiles | undefined>;
}

/**
 * @param model path of a folder or file; `NAME@VERSION` or `NAME@ALIAS` where there is a registry
 * @param registry place of the registry; undefined for none
 * @param cache folder in which what serves is kept for starts without the registry; undefined for none
 * @throws RegistryError `invalid-name` where the registry's place is none
 */
export function createModelReader(
  model: string,
  registry: string | undefined,
  cache: string | undefined,
): ModelReader {
  if (registry !== undefined && isReference(model)) {
    return new RegistryReader(
      new ModelRegistry(openStore(registry)),
      parseReference(model),
      cache === undefined ? undefined : new VersionCache(cache),
    );
  }
  return {
    isPolled: false,
    read: () => readPath(model),
    hasChanged: () => Promise.resolve(false),
    refused: () => undefined,
    served: () => Promise.resolve(),
    lastServed: () => Promise.resolve(undefined),
  };
}

async function readPath(path: string): Promise<ModelFiles> {
  try {
    return await readModelFiles(path);
  } catch (error) {
    if (!(error instanceof ModelError) || !isReference(path)) throw error;
    const advice = 'or set REGNO_REGISTRY, if it is a model of a registry';
    throw new ModelError(error.code, `${error.message}, ${advice}`, { cause: error });
  }
}

/** What could not be read is tried again after this time, then after twice that, and so on. */
const RETRY_MIN_MS = 10_000;
const RETRY_MAX_MS = 600_000;

/** What a reference names at one moment. */
interface Named {
  /** Tells two versions apart, and two manifests of one. */
  readonly key: string;
  /** Undefined where the reference is a version itself, or nothing. */
  readonly target: AliasTarget | undefined;
  /** Of the deployment that says so. */
  readonly etag: string | undefined;
}

class RegistryReader implements ModelReader {
  readonly isPolled = true;
  /** As it was looked up last. */
  #named: Named | undefined;
  /** What was read last; undefined where reading failed. */
  #read: Named | undefined;
  #opened: { readonly found: FoundVersion; readonly files: ModelFiles } | undefined;
  /** Reported as a change: once, however long it takes until it is read. */
  #reported: string | undefined;
  #isRefused = false;
  #failures = 0;
  #retryAt = 0;

  constructor(
    private readonly registry: ModelRegistry,
    private readonly reference: ModelReference,
    private readonly cache: VersionCache | undefined,
  ) {}

  async read(): Promise<ModelFiles> {
    this.#opened = undefined;
    try {
      const named = await this.#lookUp();
      const found = await this.registry.findTarget(this.reference, named.target);
      const files = await this.registry.open(found);
      this.#opened = { found, files };
      this.#read = named;
      this.#isRefused = false;
      this.#failures = 0;
      return files;
    } catch (error) {
      const delay = RETRY_MIN_MS * 2 ** this.#failures;
      this.#retryAt = performance.now() + Math.min(delay, RETRY_MAX_MS);
      this.#failures += 1;
      this.#read = undefined;
      throw error;
    } finally {
      // Not before: a poll while files are read would report the same change again.
      this.#reported = undefined;
    }
  }

  refused(): void {
    this.#isRefused = true;
    this.#opened = undefined;
  }

  async served(): Promise<void> {
    const opened = this.#opened;
    if (opened !== undefined) await this.cache?.keep(this.reference, opened.found, opened.files);
  }

  async lastServed(): Promise<ModelFiles | undefined> {
    return this.cache?.last(this.reference);
  }

  async hasChanged(): Promise<boolean> {
    const before = this.#named;
    const named = await this.#lookUp();
    const isSame = this.#read === undefined ? !this.#isDue(before, named) : this.#serves(named);
    if (isSame || named.key === this.#reported) return false;
    this.#reported = named.key;
    return true;
  }

  /** Whether it is what was read. What was refused is asked for again by whoever deploys it again. */
  #serves(named: Named): boolean {
    if (named.key !== this.#read?.key) return false;
    return !this.#isRefused || named.etag === this.#read.etag;
  }

  /** Whether to read again after a failure: another version at once, the same one after a while. */
  #isDue(before: Named | undefined, named: Named): boolean {
    return before?.etag !== named.etag || performance.now() >= this.#retryAt;
  }

  async #lookUp(): Promise<Named> {
    const { name, ref } = this.reference;
    const stored = await this.registry.store.deployment(name);
    if (stored === undefined && this.#named?.etag !== undefined) {
      // A folder that is not mounted is empty; nobody takes a deployment back.
      const { url } = this.registry.store;
      throw new RegistryError('registry-unreachable', `${url} has lost the deployment of ${name}`);
    }
    if (this.#named !== undefined && stored?.etag === this.#named.etag) return this.#named;
    const target = targetOf(stored && parseDeployment(name, stored.text), ref);
    const key = target === undefined ? ref : `${target.version} ${target.manifest}`;
    this.#named = { key, target, etag: stored?.etag };
    return this.#named;
  }
}
