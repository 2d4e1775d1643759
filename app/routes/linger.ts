import type { Socket } from 'node:net';

/** How long a client may read a last answer before its connection is destroyed. */
const LINGER_MS = 1000;

/**
 * Destroys a connection once its client had time to read its last answer, which has been written. Only
 * ended, it would keep its descriptor until the client closes; destroyed at once with bytes unread, it
 * would be reset, and the answer with it. What still comes is thrown away.
 */
export function linger(socket: Socket): void {
  if (socket.readableEnded) {
    socket.destroySoon();
    return;
  }
  throwAway(socket);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('end', () => socket.destroySoon());
  socket.once('close', () => clearTimeout(timer));
}

/**
 * Takes a connection from its parser: what still comes is thrown away unseen, and the answer on its way
 * is the last.
 */
export function ignoreRest(socket: Socket): void {
  throwAway(socket);
  // What Node calls after a last answer would reset the connection where bytes are unread.
  socket.destroySoon = () => {
    Reflect.deleteProperty(socket, 'destroySoon');
    socket.end();
    linger(socket);
  };
}

function throwAway(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.on('data', () => undefined);
  socket.resume();
}
