import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRegularFile } from './read-regular-file.js';

const folder = mkdtempSync(join(tmpdir(), 'regno-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (path: string, bytesMax = 1000) => readRegularFile(path, bytesMax, 'a model');

describe('readRegularFile', () => {
  it.each([0, 1, 999, 1000])('reads %i bytes whole, also through a link', async (size) => {
    const path = join(folder, `file-${size}`);
    const link = join(folder, `link-${size}`);
    const bytes = Buffer.alloc(size, 7);
    writeFileSync(path, bytes);
    symlinkSync(path, link);
    expect(await read(path)).toEqual(bytes);
    expect(await read(link)).toEqual(bytes);
  });

  it('refuses more than the limit, whatever size the file states', async () => {
    const path = join(folder, 'large');
    writeFileSync(path, Buffer.alloc(1001));
    await expect(read(path)).rejects.toThrow(`${path} has 1001 bytes; expected at most 1000`);
    // Files of /proc state no size.
    await expect(read('/proc/self/smaps', 100)).rejects.toThrow('more than 100 bytes');
    expect((await read('/proc/self/smaps', 10_000_000)).length).toBeGreaterThan(1000);
  });

  it('refuses folders, pipes, sockets and devices at once', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    const link = join(folder, 'link-to-pipe');
    symlinkSync(pipe, link);
    await expect(read(pipe)).rejects.toThrow(`${pipe} is a pipe; expected a model`);
    await expect(read(link)).rejects.toThrow('is a pipe');
    await expect(read(socket)).rejects.toThrow('is a socket');
    await expect(read('/dev/zero')).rejects.toThrow('is a device');
    await expect(read(folder)).rejects.toThrow('is a folder');
    server.close();
  });

  it('says why a file cannot be read', async () => {
    const path = join(folder, 'absent');
    await expect(read(path)).rejects.toMatchObject({
      code: 'unreadable-model',
      message: `${path}: there is no such file or folder (ENOENT); expected a model`,
    });
    const loop = join(folder, 'loop');
    symlinkSync(loop, loop);
    await expect(read(loop)).rejects.toThrow('form a circle (ELOOP)');
    await expect(read(join(folder, 'file-1', 'x'))).rejects.toThrow('is no folder (ENOTDIR)');
  });

  it.skipIf(process.getuid?.() === 0)('names missing rights', async () => {
    const path = join(folder, 'locked');
    writeFileSync(path, 'x');
    chmodSync(path, 0);
    await expect(read(path)).rejects.toThrow('this user may not read it (EACCES)');
  });
});
