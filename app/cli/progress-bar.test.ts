import { afterEach, describe, expect, it, vi } from 'vitest';
import { startProgress } from './progress-bar.js';

describe('startProgress', () => {
  const isTTY = process.stderr.isTTY;
  afterEach(() => {
    process.stderr.isTTY = isTTY;
    vi.restoreAllMocks();
  });

  /** All that is written to standard error while a bar runs. */
  function watch(terminal: boolean): string {
    process.stderr.isTTY = terminal;
    let written = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((piece) => {
      written += String(piece);
      return true;
    });
    const signals = process.listenerCount('SIGINT');
    const progress = startProgress(10, 'rows');
    progress.update(5, 'half');
    expect(process.listenerCount('SIGINT')).toBe(signals);
    progress.stop();
    return written;
  }

  it('draws on a terminal, which it leaves as it was', () => {
    const written = watch(true);
    expect(written).toContain('0%');
    // Line wrapping off, cursor off: what a killed process could not take back.
    expect(written).not.toContain('\u001B[?7l');
    expect(written).not.toContain('\u001B[?25l');
  });

  it('writes nothing where no person watches', () => {
    expect(watch(false)).toBe('');
  });
});
