import { load, warmUp, type Load } from './load.js';
import type { RunningServer } from './running-server.js';

export interface TurnsPlan {
  /** Measured time of each of the two. */
  readonly seconds: number;
  readonly connections: number;
  /** Share of requests that repeat one sent before. */
  readonly repeatShare: number;
  /** Rounds differ by their readings. */
  readonly round: number;
}

const TURN_MS = 100;

/**
 * Loads two services on one core, of which one runs and the other is stopped, in turns so short that
 * both see the same machine: what others do to it changes by the second, and by more than is measured.
 *
 * @returns what each gave, in their order
 */
export async function loadInTurns(
  first: RunningServer,
  second: RunningServer,
  { seconds, connections, repeatShare, round }: TurnsPlan,
): Promise<readonly [Load, Load]> {
  await Promise.all([warmUp(first), warmUp(second)]);
  let [running, stopped] = [first, second];
  const turns = setInterval(() => {
    [running, stopped] = [stopped, running];
    signal(stopped, 'SIGSTOP');
    signal(running, 'SIGCONT');
  }, TURN_MS);
  const plan = { seconds, connections, repeatShare };
  try {
    return await Promise.all([
      load(first, { ...plan, seed: 2 * round }),
      load(second, { ...plan, seed: 2 * round + 1 }),
    ]);
  } finally {
    clearInterval(turns);
    for (const server of [first, second]) signal(server, 'SIGCONT');
  }
}

function signal(server: RunningServer, name: NodeJS.Signals): void {
  for (const pid of server.pids()) process.kill(pid, name);
}
