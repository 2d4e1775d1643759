import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from './command-error.js';
import { openOutputFile } from './output-file.js';

describe('openOutputFile', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'regno-output-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('shows the file when it is whole, and nothing beside it', async () => {
    const path = join(folder, 'out');
    const output = await openOutputFile(path, false);
    await output.write('half');
    expect(readdirSync(folder)).not.toContain('out');
    await output.write(Buffer.from(' and half'));
    await output.commit();
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readFileSync(path, 'utf8')).toBe('half and half');
  });

  it('leaves what was there when the work fails', async () => {
    const path = join(folder, 'out');
    writeFileSync(path, 'old');
    const output = await openOutputFile(path, true);
    await output.write('new');
    output.discard();
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  it('replaces a file only where that is wanted, and then keeps its mode and the link to it', async () => {
    const path = join(folder, 'out');
    writeFileSync(path, 'old', { mode: 0o600 });
    symlinkSync(path, join(folder, 'link'));
    await expect(openOutputFile(path, false)).rejects.toThrow(/exists; give --force/);
    const output = await openOutputFile(join(folder, 'link'), true);
    await output.write('new');
    await output.commit();
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['link', 'out']);
  });

  it('writes to a device without replacing it', async () => {
    const output = await openOutputFile('/dev/null', false);
    await output.write('gone');
    await output.commit();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  it('makes what a link points to that is not there yet, and leaves the links', async () => {
    mkdirSync(join(folder, 'deep/er'), { recursive: true });
    symlinkSync(join(folder, 'deep/er'), join(folder, 'er'));
    symlinkSync('../out', join(folder, 'deep/er/second'));
    symlinkSync('er/second', join(folder, 'first'));
    const output = await openOutputFile(join(folder, 'first'), false);
    await output.write('new');
    await output.commit();
    expect(readdirSync(folder).sort()).toEqual(['deep', 'er', 'first']);
    expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['er', 'out']);
    expect(readFileSync(join(folder, 'first'), 'utf8')).toBe('new');

    symlinkSync('no/out', join(folder, 'nowhere'));
    const message =
      /nowhere cannot be written \(ENOENT: its folder is not there\); make the folder/;
    await expect(openOutputFile(join(folder, 'nowhere'), false)).rejects.toThrow(message);
  });

  it('says that a device is full, and what to do', async () => {
    const output = await openOutputFile('/dev/full', false);
    await output.write('lost');
    const end = output.commit();
    await expect(end).rejects.toBeInstanceOf(CommandError);
    await expect(end).rejects.toThrow(
      '/dev/full cannot be written (ENOSPC: no space left on device); make room, or write to another place',
    );
  });

  it('names a folder that is not there, and one that is', async () => {
    await expect(openOutputFile(join(folder, 'no/out'), false)).rejects.toThrow(/ENOENT/);
    await expect(openOutputFile(folder, true)).rejects.toThrow(/is a folder/);
  });

  it('says of a path through a file what is wrong with it', async () => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file/out');
    const opened = openOutputFile(path, true);
    await expect(opened).rejects.toBeInstanceOf(CommandError);
    await expect(opened).rejects.toThrow(/ENOTDIR: a part of the path is no folder/);
  });
});
