import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../app/config/load-config.js';
import { lacks } from '../testing/lacks.js';

const unit = readFileSync(join(import.meta.dirname, '../../deploy/systemd/regno.service'), 'utf8');
const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

describe('the unit of systemd', () => {
  it('reloads by SIGHUP, and asks the primary alone to stop, with time to drain', () => {
    const { drainDelayMs, drainTimeoutMs } = loadConfig({});
    expect(value('ExecReload')).toBe('/bin/kill -HUP $MAINPID');
    expect(value('KillMode')).toBe('mixed');
    expect(Number(value('TimeoutStopSec')) * 1000).toBeGreaterThan(drainDelayMs + drainTimeoutMs);
  });

  it.skipIf(lacks('systemd-analyze'))('is what systemd accepts, and shuts the service in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'regno-unit-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'regno.service');
    // It asks whether the program is there, wherever this machine has it.
    writeFileSync(file, unit.replace('/usr/bin/node', process.execPath));
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
    expect(verified).toMatchObject({ status: 0, stdout: '', stderr: '' });
    const judged = spawnSync('systemd-analyze', [
      'security',
      '--offline=true',
      '--threshold=25',
      file,
    ]);
    expect(judged.status).toBe(0);
  });
});
