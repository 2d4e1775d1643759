import cliProgress from 'cli-progress';

/** How far a long command is. Does nothing where no person watches. */
export interface Progress {
  /** @param done in the unit of the total. */
  update(done: number, what?: string): void;
  stop(): void;
}

const SILENT: Progress = { update: () => undefined, stop: () => undefined };

/**
 * A bar on standard error, where that is a terminal.
 *
 * @param total what `update` counts up to; 0 where nobody knows, which shows a count alone.
 */
export function startProgress(total: number, unit: string): Progress {
  if (!process.stderr.isTTY) return SILENT;
  const bar = new cliProgress.SingleBar({
    format:
      total > 0
        ? `{bar} {percentage}% | {what} | {duration_formatted}`
        : `{value} ${unit} | {what}`,
    stream: process.stderr,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    clearOnComplete: true,
    // The terminal is left as it is and signals end the process, as they do without a bar: the
    // library would take Ctrl-C for the end of the bar alone.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
    // Stages of a compilation leave the event loop no turn in which a timer could draw.
    synchronousUpdate: true,
  });
  bar.start(Math.max(total, 1), 0, { what: '' });
  return {
    update: (done, what = '') => bar.update(done, { what }),
    stop: () => bar.stop(),
  };
}
