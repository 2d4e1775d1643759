import cluster, { type Worker } from 'node:cluster';
import { onceHears, sendTo } from './worker-handle.js';

/**
 * Keeps the port that the system chose where 0 is configured. It is the workers' only as long as one
 * of them lives; where all end together, their successors would get another one, which no client
 * knows. So each worker is sent the first one, and goes back to it.
 *
 * @param configured what PORT says
 * @returns what the service listens on; 0 as long as the system has not chosen
 */
export function keepPort(configured: number): () => number {
  let port = configured;
  const send = (worker: Worker): void => {
    if (port !== 0) sendTo(worker, { kind: 'port', port });
  };
  cluster.on('fork', (worker) => onceHears(worker, () => send(worker)));
  cluster.on('listening', (_worker, address) => {
    if (port !== 0) return;
    port = address.port;
    for (const worker of Object.values(cluster.workers ?? {})) {
      if (worker !== undefined) send(worker);
    }
  });
  return () => port;
}
