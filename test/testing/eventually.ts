import { setTimeout as delay } from 'node:timers/promises';

const STEP_MS = 20;
/** How long a state may take to come, on a busy machine. */
const TIMEOUT_MS = 45_000;

/**
 * Asks again until `probe` gives something other than undefined, for states that no event reports
 * (another process's health, a scrape).
 *
 * @throws Error with the last failure where that takes longer than `timeoutMs`
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  let failure: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > until) {
      throw new Error(`${what}: not within ${timeoutMs} ms`, { cause: failure });
    }
    await delay(STEP_MS);
  }
}
