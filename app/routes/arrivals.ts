import type { Request } from 'express';
import type { Socket } from 'node:net';
import type { ArrivalQueue } from '../serving/ports.js';

/**
 * Calls back at once, unless the request is the first of a connection that came out of a standing
 * queue: then after the event loop has read from all connections once more, as only that shows whether
 * its client is still there. Of one that is not, the connection is closed and no work is done.
 */
export function createArrivalCheck(queue: ArrivalQueue): (req: Request, go: () => void) => void {
  const known = new WeakSet<Socket>();
  return (req, go) => {
    const { socket } = req;
    if (!queue.isBacklogged || known.has(socket)) {
      go();
      return;
    }
    known.add(socket);
    // The first comes before the loop reads again, the second after it has.
    setImmediate(() => {
      setImmediate(() => {
        if (!socket.destroyed && !socket.readableEnded) {
          go();
        } else {
          socket.destroy();
          queue.onAbandoned();
        }
      });
    });
  };
}
