import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/**
 * Mounts a disk that a test can fill, and unmounts it after the file's last test.
 *
 * @param bytes a multiple of the page size
 * @returns its folder; undefined where this user may not mount, for `it.skipIf`
 */
export function mountSmallDisk(bytes: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'regno-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]);
  if (mounted.status !== 0) {
    rmdirSync(path);
    return undefined;
  }
  afterAll(() => {
    // Lazily: a process that a failed test left behind may hold a file on it.
    spawnSync('umount', ['--lazy', path]);
    rmdirSync(path);
  });
  return path;
}
