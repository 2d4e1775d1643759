import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, Redis } from 'ioredis';
import type { RedisAddress } from '../config/redis-url.js';
import { guardReplies } from './redis-reply-guard.js';

const CONNECT_TIMEOUT_MS = 500;
/** A frozen server keeps the socket open: without this, commands would pile up behind it. */
const SOCKET_TIMEOUT_MS = 1000;
const KEEP_ALIVE_MS = 30_000;
const DISCONNECT_TIMEOUT_MS = 500;

/**
 * A client that does not connect yet, queues nothing while there is no connection, and reads no
 * string longer than `stringBytesMax`.
 *
 * It speaks RESP 2, as nothing of RESP 3 is needed, and asks for no INFO: that a connection is of
 * use shows in the commands that are tried on it.
 *
 * @param retryDelayMs asked before each attempt to connect again
 */
export function createRedisClient(
  address: RedisAddress,
  stringBytesMax: number,
  retryDelayMs: () => number,
): Redis {
  const { username, password, db, tls } = address;
  return new Redis({
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    db,
    ...(tls && { tls: {} }),
    Connector: connectorTo(address, stringBytesMax),
    protocol: 2,
    enableReadyCheck: false,
    disableClientInfo: true,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: retryDelayMs,
  });
}

function connectorTo(address: RedisAddress, stringBytesMax: number) {
  return class GuardedConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    override connect(): Promise<Socket> {
      this.connecting = true;
      const socket = openSocket(address);
      // A socket can fail before the client has got hold of it; the client then asks for this.
      socket.once('error', (error) => (this.firstError = error));
      guardReplies(socket, stringBytesMax);
      this.stream = socket;
      return Promise.resolve(socket);
    }
  };
}

function openSocket({ host, port, path, tls, family }: RedisAddress): Socket {
  if (path !== undefined) return connectTcp({ path });
  const place = { host, port, family };
  if (!tls) return connectTcp(place);
  // The name lets a proxy before several servers choose; Node sends none by itself.
  return connectTls({ ...place, ...(isIP(host) === 0 && { servername: host }) });
}
