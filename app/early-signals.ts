/** What signals ask of the process: stop (SIGINT, SIGTERM) or reload (SIGHUP). */
export type SignalListener = (signal: NodeJS.Signals) => void;

/**
 * Takes the process's signals from now on, and keeps those that come before somebody listens: Node
 * ends a process by a signal that nobody takes, so that a reload in the first 100 ms killed the
 * service. A listener for SIGUSR1 keeps Node from opening its inspector, which runs any code that
 * a local user sends it; for debugging there is `node --inspect`.
 *
 * @returns takes the listener, which is called for the early signals at once
 */
export function takeSignals(): (listener: SignalListener) => void {
  const early: NodeJS.Signals[] = [];
  let listen: SignalListener = (signal) => void early.push(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => listen(signal));
  }
  process.on('SIGUSR1', () => undefined);
  return (listener) => {
    listen = listener;
    for (const signal of early.splice(0)) listener(signal);
  };
}
