import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createWriteStream,
  lstatSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  type Stats,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { getSystemErrorMap } from 'node:util';
import { CommandError, reasonOf, usageError } from './command-error.js';

/** Where a command's result goes. */
export interface Output {
  /** Resolves when the next piece may be written, so that a slow reader slows the command. */
  write(piece: string | Uint8Array): Promise<void>;
  /** The whole result is there. */
  commit(): Promise<void>;
  /** The result is not wanted, or not whole. */
  discard(): void;
}

/**
 * A file, or standard output where `path` is `-` or absent.
 *
 * @throws CommandError as {@link openOutputFile}.
 */
export async function openOutput(path: string | undefined, force: boolean): Promise<Output> {
  return path === undefined || path === '-' ? standardOutput() : openOutputFile(path, force);
}

/**
 * Writes beside `path` and moves the result into its place at the end, so that nobody ever sees half
 * a file, also after Ctrl-C. Devices and pipes are written to directly.
 *
 * @throws CommandError where the file exists and `force` is not given, or cannot be written.
 */
export async function openOutputFile(path: string, force: boolean): Promise<Output> {
  const existing = statusOf(path);
  if (existing?.isDirectory() === true) {
    throw usageError(`${path} is a folder; expected the name of a file`);
  }
  if (existing !== undefined && !existing.isFile()) return openDevice(path);
  if (existing !== undefined && !force) {
    throw usageError(`${path} exists; give --force to replace it`);
  }
  const target = targetOf(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  const stream = createWriteStream(temporary, { flags: 'wx', mode: existing?.mode ?? 0o666 });
  keepErrors(stream);
  const remove = (): void => rmSync(temporary, { force: true });
  const stopGuard = removeAtEnd(remove);
  try {
    await once(stream, 'open');
  } catch (cause) {
    stopGuard();
    throw unwritable(path, cause);
  }
  return {
    write: (piece) => writePiece(stream, piece, path),
    commit: async () => {
      try {
        stream.end();
        await finished(stream);
        await rename(temporary, target);
      } catch (cause) {
        remove();
        throw unwritable(path, cause);
      } finally {
        stopGuard();
      }
    },
    discard: () => {
      stream.destroy();
      remove();
      stopGuard();
    },
  };
}

/** Undefined where nothing is there. A part of the path that is no folder is a fault like others. */
function statusOf(path: string, read = statSync): Stats | undefined {
  try {
    return read(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** A link stays a link: what it points to is replaced, or made where nothing is there yet. */
function targetOf(path: string): string {
  let target = path;
  while (statusOf(target, lstatSync)?.isSymbolicLink() === true) {
    const link = readlinkSync(target);
    // Not joined, which would take "a/.." away where a is a link itself.
    target = isAbsolute(link) ? link : `${realpathSync(dirname(target))}/${link}`;
  }
  return target;
}

/** Its end is the process's own. */
function standardOutput(): Output {
  return {
    write: (piece) => writePiece(process.stdout, piece, 'standard output'),
    commit: () => Promise.resolve(),
    discard: () => undefined,
  };
}

async function openDevice(path: string): Promise<Output> {
  const stream = createWriteStream(path);
  keepErrors(stream);
  try {
    await once(stream, 'open');
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return {
    write: (piece) => writePiece(stream, piece, path),
    commit: async () => {
      try {
        stream.end();
        await finished(stream);
      } catch (cause) {
        throw unwritable(path, cause);
      }
    },
    discard: () => stream.destroy(),
  };
}

/** An error is found at the next write or at the end; on its own it would end the process. */
function keepErrors(stream: Writable): void {
  stream.on('error', () => undefined);
}

async function writePiece(
  stream: Writable,
  piece: string | Uint8Array,
  name: string,
): Promise<void> {
  if (stream.errored) throw unwritable(name, stream.errored);
  if (stream.write(piece)) return;
  try {
    await once(stream, 'drain');
  } catch (cause) {
    throw unwritable(name, cause);
  }
}

/** A fault of writing to `path`, reported with its reason and what to do. */
export function unwritable(path: string, cause: unknown): CommandError {
  const reason = reasonOf(cause);
  const [words = systemWords(reason), advice = 'write to another place'] =
    REASONS.get(reason) ?? [];
  const text = words === '' ? reason : `${reason}: ${words}`;
  return new CommandError(`${path} cannot be written (${text}); ${advice}`, undefined, { cause });
}

function systemWords(reason: string): string {
  return [...getSystemErrorMap().values()].find(([code]) => code === reason)?.[1] ?? '';
}

const REASONS: ReadonlyMap<string, readonly [words: string | undefined, advice: string]> = new Map([
  ['ENOENT', ['its folder is not there', 'make the folder, or correct the path']],
  ['ENOTDIR', ['a part of the path is no folder', 'correct the path']],
  ['ENOSPC', [undefined, 'make room, or write to another place']],
]);

/** Runs `remove` also where a signal ends the process; the result takes that back. */
function removeAtEnd(remove: () => void): () => void {
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const listeners = Object.entries(signals).map(([signal, exitCode]) => {
    const listener = (): void => process.exit(exitCode);
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  process.on('exit', remove);
  return () => {
    process.off('exit', remove);
    for (const stop of listeners) stop();
  };
}
