import { constants, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { ModelError } from '../model/errors.js';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads a regular file whole. Opening a pipe waits for its writer and a device may never end, so both
 * are refused; the limit holds while reading too, as a file may grow and `/proc` states size 0.
 *
 * @param expected what the caller wants there, for the error's text
 * @throws ModelError `unreadable-model` where it is absent, unreadable or no regular file,
 *   `limit-exceeded` where it is larger than `bytesMax`
 */
export async function readRegularFile(
  path: string,
  bytesMax: number,
  expected: string,
): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    // Before it is opened, as opening alone can set off a device.
    assertRegular(path, await stat(path), expected);
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const info = await file.stat();
    assertRegular(path, info, expected);
    if (info.size > bytesMax) throw tooLarge(path, `${info.size}`, bytesMax);
    return await readUpTo(file, path, info.size, bytesMax);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw unreadable(path, cause, expected);
  } finally {
    await file?.close();
  }
}

/** What cannot be read, why, and what was expected there. */
export function unreadable(path: string, cause: unknown, expected: string): ModelError {
  const reason = whyUnreadable(cause);
  return new ModelError('unreadable-model', `${path}: ${reason}; expected ${expected}`, { cause });
}

/** The system's reason why a file cannot be read, in words. */
export function whyUnreadable(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
  return REASONS.get(code) ?? `cannot be read (${code})`;
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder (ENOENT)'],
  ['ENOTDIR', 'a part of the path is no folder (ENOTDIR)'],
  ['EACCES', 'this user may not read it (EACCES)'],
  ['EPERM', 'this user may not read it (EPERM)'],
  ['ELOOP', 'its symbolic links form a circle (ELOOP)'],
]);

async function readUpTo(
  file: FileHandle,
  path: string,
  size: number,
  bytesMax: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    // One byte more than there should be, so that the end is seen without another round.
    const room = Math.min(Math.max(size - total + 1, CHUNK_BYTES), bytesMax - total + 1);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(room), 0, room, null);
    if (bytesRead === 0) return chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks);
    total += bytesRead;
    if (total > bytesMax) throw tooLarge(path, `more than ${bytesMax}`, bytesMax);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

const EMPTY = Buffer.alloc(0);

function tooLarge(path: string, size: string, bytesMax: number): ModelError {
  return new ModelError(
    'limit-exceeded',
    `${path} has ${size} bytes; expected at most ${bytesMax}`,
  );
}

function assertRegular(path: string, info: Stats, expected: string): void {
  if (info.isFile()) return;
  throw new ModelError('unreadable-model', `${path} is ${kindOf(info)}; expected ${expected}`);
}

function kindOf(info: Stats): string {
  if (info.isDirectory()) return 'a folder';
  if (info.isFIFO()) return 'a pipe';
  return info.isSocket() ? 'a socket' : 'a device';
}
