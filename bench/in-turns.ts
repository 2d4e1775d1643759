import type { Contender } from './contenders.js';
import { load, warmUp, type Load } from './load.js';
import { startServer, type RunningServer } from './running-server.js';

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
 * Starts two contenders, loads them by {@link loadInTurns} and stops them. New processes each time: two
 * of the same program differ by some per cent all their life. Which one starts first changes with the
 * round: the other has some of its start still to do, and serves 0.99 x as much where both are the same
 * program.
 *
 * @param probe a body that both answer
 * @param last called for the second contender's server before both are stopped
 * @returns what each gave, in their order
 */
export async function loadPair(
  contenders: readonly [Contender, Contender],
  probe: string,
  plan: TurnsPlan,
  last?: (second: RunningServer) => Promise<void>,
): Promise<readonly [Load, Load]> {
  const [a, b] = contenders;
  const servers = new Map<Contender, RunningServer>();
  try {
    for (const one of plan.round % 2 === 0 ? [a, b] : [b, a]) {
      servers.set(one, await startServer(one, probe));
    }
    const [first, second] = [servers.get(a), servers.get(b)] as [RunningServer, RunningServer];
    const loads = await loadInTurns(first, second, plan);
    await last?.(second);
    return loads;
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}

/**
 * Loads two services on one core, of which one runs and the other is stopped, in turns so short that
 * both see the same machine: what others do to it changes by the second, and by more than is measured.
 *
 * @returns what each gave, in their order
 */
async function loadInTurns(
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
