import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory where the system has such a folder; a disk is written to seldom, as the file is one page or two. */
const FOLDERS: readonly string[] = ['/dev/shm', tmpdir()];
/** Taken at the start, for 8,192 values: a worker that counts must not find the disk full. */
const RESERVED_BYTES = 64 * 1024;

/** For all files, one after the other; larger than they are, so that a read that fills it shows that there is more. */
let buffer = Buffer.alloc(2 * RESERVED_BYTES);

/**
 * A shared-memory file of a worker's counters, read by the primary. A message for each change would wake the primary
 * many times a second, and what it cost the worker was a per cent or two of all it did; a write in
 * place wakes nobody, and what a worker wrote is still there when the worker has been killed.
 *
 * The file has no name and is gone with the last process that holds it.
 */
export class SharedCounters {
  constructor(readonly fd: number) {}

  /**
   * Makes a file of zeros.
   *
   * @throws Error where none of the folders can be written to, with what to do
   */
  static create(folders: readonly string[] = FOLDERS): SharedCounters {
    const reasons: string[] = [];
    for (const folder of folders) {
      try {
        return createIn(folder);
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new Error(
      `workers count in files of ${RESERVED_BYTES / 1024} KiB, and none could be made (${reasons.join('; ')}): make ${folders.join(' or ')} writable, or set TMPDIR to a folder that is`,
    );
  }

  /**
   * Writes the values over those of before; of a worker's life each call has as many or more.
   *
   * @throws Error where they are more than was reserved and there is no room for them
   */
  write(values: Float64Array): void {
    this.#overwrite(values, values.byteLength);
  }

  /**
   * The values as they were last written, and zeros. A write at the same time may show in some of them
   * and not yet in others. Valid until the next call for any file.
   */
  read(): Float64Array {
    for (;;) {
      const bytes = readSync(this.fd, buffer, 0, buffer.length, 0);
      if (bytes < buffer.length) {
        return new Float64Array(buffer.buffer, buffer.byteOffset, Math.floor(bytes / 8));
      }
      buffer = Buffer.alloc(2 * buffer.length);
    }
  }

  /**
   * Makes it a file of zeros again, for the next worker; of its old size.
   *
   * @throws Error where there is no room for what is to be reserved
   */
  clear(): void {
    const size = Math.max(RESERVED_BYTES, this.read().byteLength);
    this.#overwrite(buffer.fill(0, 0, size), size);
  }

  /** Clears it for the next worker, or closes it: false where there is no room to clear it. */
  reset(): boolean {
    try {
      this.clear();
      return true;
    } catch {
      closeSync(this.fd);
      return false;
    }
  }

  #overwrite(bytes: NodeJS.ArrayBufferView, size: number): void {
    const written = writeSync(this.fd, bytes, 0, size, 0);
    // The system takes what still fits and calls that no fault; only the next write would be ENOSPC.
    if (written < size)
      throw new Error(`no room: ${written} of ${size} bytes of counts were written`);
  }
}

function createIn(folder: string): SharedCounters {
  const path = join(folder, `regno-${randomUUID()}`);
  const fd = openSync(path, 'wx+', 0o600);
  try {
    unlinkSync(path);
    const file = new SharedCounters(fd);
    file.clear();
    return file;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
