import { SingleBar } from 'cli-progress';
import type { LiveView } from './live.js';

/** Shows how a run is going. On a terminal a bar; elsewhere a line every few seconds. */
export interface Progress {
  update(elapsedMs: number, view: LiveView): void;
  stop(): void;
}

/** Writes to `stream`, which should be standard error: standard output is for the report. */
export function startProgress(
  stream: NodeJS.WriteStream,
  totalMs: number,
  warmUpMs: number,
): Progress {
  return stream.isTTY
    ? barProgress(stream, totalMs, warmUpMs)
    : lineProgress(stream, totalMs, LINE_EVERY_MS);
}

/** A line every so many ms, for runs without an end and for streams that are not terminals. */
export function lineProgress(
  stream: NodeJS.WritableStream,
  totalMs: number,
  everyMs: number,
): Progress {
  let nextMs = 0;
  return {
    update: (elapsedMs, view) => {
      if (elapsedMs < nextMs) return;
      nextMs = elapsedMs + everyMs;
      const of = totalMs === Infinity ? '' : `/${totalMs / 1_000}`;
      stream.write(`${Math.round(elapsedMs / 1_000)}${of} s  ${figures(view)}\n`);
    },
    stop: () => undefined,
  };
}

/** Between two lines where there is no terminal, ms. */
const LINE_EVERY_MS = 5_000;

function barProgress(stream: NodeJS.WriteStream, totalMs: number, warmUpMs: number): Progress {
  const bar = new SingleBar({
    stream,
    format: ' {phase} [{bar}] {seconds}/{of} s · {figures}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
  });
  bar.start(totalMs, 0, { phase: 'warm-up', seconds: 0, of: totalMs / 1_000, figures: '' });
  return {
    update: (elapsedMs, view) => {
      const at = Math.min(elapsedMs, totalMs);
      bar.update(at, {
        phase: elapsedMs < warmUpMs ? 'warm-up' : elapsedMs < totalMs ? 'measure' : 'drain  ',
        seconds: Math.floor(at / 1_000),
        figures: figures(view),
      });
    },
    stop: () => bar.stop(),
  };
}

/** The last second's figures, and errors and late sends so far. */
function figures(view: LiveView): string {
  const ms = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(1));
  return (
    `${Math.round(view.ratePerSecond)}/s · p50 ${ms(view.p50)} p99 ${ms(view.p99)} ` +
    `max ${ms(view.max)} ms · errors ${view.errors} · late ${view.late}`
  );
}
