/** A wish to stop, made by SIGINT or SIGTERM. */
export interface StopSignal {
  readonly signal: AbortSignal;
  /** Gives the signals back to their defaults. */
  release(): void;
}

/** The first signal asks for an orderly stop, the second ends the process at once. */
export function onStopSignal(): StopSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
