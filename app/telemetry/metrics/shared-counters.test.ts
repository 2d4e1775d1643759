import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountSmallDisk } from '../../../test/testing/small-disk.js';
import { SharedCounters } from './shared-counters.js';

const disk = mountSmallDisk(32 * 1024) ?? '';

describe('SharedCounters', () => {
  let folder: string;
  let file: SharedCounters;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'regno-values-'));
    file = SharedCounters.create([join(folder, 'missing'), folder]);
  });
  afterEach(() => {
    closeSync(file.fd);
    rmSync(folder, { recursive: true });
  });

  it('has no name that could be left behind', () => {
    expect(readdirSync(folder)).toEqual([]);
  });

  it('gives what was written last, also through another object on its descriptor', () => {
    const writer = new SharedCounters(file.fd);
    writer.write(Float64Array.of(1, 0.1));
    writer.write(Float64Array.of(2, 0.2, 1e300));
    expect([...file.read().subarray(0, 4)]).toEqual([2, 0.2, 1e300, 0]);
  });

  it('grows with the values, and is zeros for the next worker', () => {
    const values = Float64Array.from({ length: 20_000 }, (_, i) => i + 1);
    file.write(values);
    expect(file.read()).toEqual(values);
    file.clear();
    expect(file.read().every((value) => value === 0)).toBe(true);
  });

  it('stays as large as it was, however many workers use it', () => {
    const size = fstatSync(file.fd).size;
    expect(size).toBeGreaterThan(0);
    for (let worker = 0; worker < 40; worker += 1) {
      file.write(Float64Array.of(worker));
      expect(file.read()[0]).toBe(worker);
      file.clear();
    }
    expect(fstatSync(file.fd).size).toBe(size);
  });

  it('says what to do where no folder can be written to', () => {
    const missing = join(folder, 'missing');
    expect(() => SharedCounters.create([missing])).toThrow(
      new RegExp(`ENOENT.*make ${missing} writable, or set TMPDIR`),
    );
  });

  it('is closed where it cannot be cleared for the next worker', () => {
    const path = join(folder, 'read-only');
    writeFileSync(path, '');
    const readOnly = new SharedCounters(openSync(path, 'r'));
    expect(readOnly.reset()).toBe(false);
    expect(() => fstatSync(readOnly.fd)).toThrow('EBADF');
    expect(file.reset()).toBe(true);
  });

  it.skipIf(disk === '')('goes to the next folder where a disk has room for a part only', () => {
    const elsewhere = SharedCounters.create([disk, folder]);
    expect(fstatSync(elsewhere.fd).dev).toBe(statSync(folder).dev);
    closeSync(elsewhere.fd);
    expect(() => SharedCounters.create([disk])).toThrow(/no room: 32768 of 65536 bytes/);
  });
});
