/**
 * Ignores SIGHUP and SIGUSR1 from now on, until the service takes its signals itself: a process that
 * has no listener would end by the first, which asks for a reload of what is not yet loaded, and open
 * Node's inspector by the second.
 */
export function ignoreEarlySignals() {
  for (const signal of ['SIGHUP', 'SIGUSR1']) process.on(signal, () => undefined);
}
