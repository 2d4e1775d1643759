/** The object that says what serves, as a store keeps it. */
export interface StoredDeployment {
  readonly text: string;
  /** Changes with every write; a writer names the one that it has read. */
  readonly etag: string;
}

/**
 * Where versions and deployments are kept. A version is a set of files that is there as a whole or not
 * at all, and never changes; a deployment is one small text per model.
 *
 * Names were checked by whoever calls. All methods reject with a RegistryError,
 * `registry-unreachable` where the store does not answer.
 */
export interface ModelStore {
  /** Where it is, for messages; no credentials. */
  readonly url: string;
  /** Names of the models, sorted. */
  models(): Promise<readonly string[]>;
  /** Versions that are complete, sorted by name; empty for a model that is not there. */
  versions(model: string): Promise<readonly string[]>;
  /**
   * One file of a version.
   *
   * @returns undefined where the version has no such file, or is not there
   * @throws RegistryError `damaged-version` where it has more bytes
   */
  read(
    model: string,
    version: string,
    file: string,
    bytesMax: number,
  ): Promise<Uint8Array | undefined>;
  /** @throws RegistryError `version-exists` */
  publish(model: string, version: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** Removes a version, whole; nothing happens where it is not there. */
  remove(model: string, version: string): Promise<void>;
  deployment(model: string): Promise<StoredDeployment | undefined>;
  /**
   * Writes where the deployment is still the one that was read.
   *
   * @param etag of what was read; undefined where there was none
   * @throws RegistryError `deployment-conflict` where somebody else has written meanwhile
   */
  deploy(model: string, text: string, etag: string | undefined): Promise<void>;
}
