import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../model/errors.js';
import { DEPLOYMENT_BYTES_MAX } from './deployment.js';
import { assertModelName, isModelName, isVersion } from './model-reference.js';
import type { ModelStore, StoredDeployment } from './model-store.js';
import { readRegularFile } from './read-regular-file.js';
import { RegistryError } from './registry-error.js';

/** Deployments before the last one that are kept; the last holds their history. */
const DEPLOYMENTS_KEPT = 20;
const DEPLOYMENT_FILE = /^(\d{8})\.json$/;
/** What a writer that died has left half is removed after a day. */
const TEMPORARY = /^\..*\.tmp$/;
const TEMPORARY_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * A registry in a folder, also one that many hosts share: `NAME/versions/VERSION/` holds the files of a
 * version, `NAME/deployments/00000042.json` the deployment after its 42nd change.
 *
 * A version is written beside its place and renamed into it. A deployment is written beside its place
 * and linked to the next number, which only one of two writers can do. So readers take no lock and
 * never see half of anything.
 */
export class FolderStore implements ModelStore {
  constructor(readonly url: string) {}

  models(): Promise<readonly string[]> {
    return this.#attempt(async () => (await namesIn(this.url)).filter(isModelName));
  }

  versions(model: string): Promise<readonly string[]> {
    return this.#attempt(async () => (await namesIn(this.#versionsOf(model))).filter(isVersion));
  }

  read(
    model: string,
    version: string,
    file: string,
    bytesMax: number,
  ): Promise<Uint8Array | undefined> {
    return this.#attempt(async () => {
      const path = join(this.#versionsOf(model), version, file);
      try {
        return await readRegularFile(path, bytesMax, `a file of ${model}@${version}`);
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        if (hasCode(error.cause, 'ENOENT', 'ENOTDIR')) return undefined;
        // What the system could not read may be whole.
        if (error.code === 'unreadable-model' && error.cause !== undefined) throw error;
        throw new RegistryError('damaged-version', error.message, { cause: error });
      }
    });
  }

  publish(model: string, version: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    return this.#attempt(async () => {
      const parent = this.#versionsOf(model);
      const temporary = join(parent, `.${version}.${randomUUID()}.tmp`);
      await mkdir(temporary, { recursive: true });
      try {
        for (const [name, bytes] of files) await writeDurably(join(temporary, name), bytes);
        await rename(temporary, join(parent, version));
        await sync(parent);
      } catch (error) {
        await rm(temporary, { recursive: true, force: true });
        if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
        throw new RegistryError(
          'version-exists',
          `${model}@${version} is in ${this.url} already; a version never changes: push it under another name`,
        );
      }
      await removeOldTemporaries(parent);
    });
  }

  remove(model: string, version: string): Promise<void> {
    return this.#attempt(async () => {
      const path = join(this.#versionsOf(model), version);
      // Out of sight first, so that nobody finds half of it.
      const trash = join(this.#versionsOf(model), `.${version}.${randomUUID()}.tmp`);
      try {
        await rename(path, trash);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return;
        throw error;
      }
      await rm(trash, { recursive: true, force: true });
    });
  }

  deployment(model: string): Promise<StoredDeployment | undefined> {
    return this.#attempt(() => this.#last(model));
  }

  deploy(model: string, text: string, etag: string | undefined): Promise<void> {
    return this.#attempt(async () => {
      const folder = this.#deploymentsOf(model);
      await mkdir(folder, { recursive: true });
      const last = await this.#last(model);
      if (last?.etag !== etag) throw conflictOf(model);
      const next = (last?.number ?? 0) + 1;
      const temporary = join(folder, `.${randomUUID()}.tmp`);
      try {
        await writeDurably(temporary, Buffer.from(text));
        await linkOnce(temporary, join(folder, fileOf(next)), model);
        await sync(folder);
      } finally {
        await rm(temporary, { force: true });
      }
      // It is written: what is left over is for the next writer.
      await this.#prune(folder).catch(() => undefined);
    });
  }

  #versionsOf(model: string): string {
    assertModelName(model);
    return join(this.url, model, 'versions');
  }

  #deploymentsOf(model: string): string {
    assertModelName(model);
    return join(this.url, model, 'deployments');
  }

  async #last(model: string): Promise<(StoredDeployment & { number: number }) | undefined> {
    const folder = this.#deploymentsOf(model);
    const number = (await numbersIn(folder)).at(-1);
    if (number === undefined) return undefined;
    const path = join(folder, fileOf(number));
    const bytes = await readRegularFile(path, DEPLOYMENT_BYTES_MAX, 'a deployment');
    // A number may come again where files were restored or lost: the text decides.
    const etag = `${number}-${createHash('sha256').update(bytes).digest('hex')}`;
    return { number, text: bytes.toString('utf8'), etag };
  }

  async #prune(folder: string): Promise<void> {
    const old = (await numbersIn(folder)).slice(0, -DEPLOYMENTS_KEPT);
    for (const number of old) await rm(join(folder, fileOf(number)), { force: true });
    await removeOldTemporaries(folder);
  }

  async #attempt<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      if (cause instanceof RegistryError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RegistryError('registry-unreachable', `the registry ${this.url}: ${reason}`, {
        cause,
      });
    }
  }
}

function conflictOf(model: string): RegistryError {
  return new RegistryError(
    'deployment-conflict',
    `the deployment of ${model} has been changed meanwhile; look at it and try again`,
  );
}

const fileOf = (number: number): string => `${String(number).padStart(8, '0')}.json`;

/** Numbers of the deployments that are kept, the last one last. */
async function numbersIn(folder: string): Promise<number[]> {
  return (await namesIn(folder))
    .map((name) => Number(DEPLOYMENT_FILE.exec(name)?.[1]))
    .filter((number) => !Number.isNaN(number))
    .sort((a, b) => a - b);
}

/** What is in a folder, without what is being written or removed; nothing where there is no folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** @throws RegistryError `deployment-conflict` where the name is taken */
async function linkOnce(from: string, to: string, model: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    // NFS repeats a call whose answer was lost: then the name is taken by this very file.
    if ((await stat(from)).nlink < 2) throw conflictOf(model);
  }
}

/** What a crash of the machine must not leave behind half, renamed already. */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes, { flag: 'wx' });
  await sync(path);
}

/** Puts a file, or the names in a folder, on the disk. */
async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeOldTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined || Date.now() - info.mtimeMs < TEMPORARY_AGE_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
