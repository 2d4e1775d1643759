import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionEnd } from '../serving/finished-request.js';
import { ignoreRest } from './linger.js';

declare module 'net' {
  interface Socket {
    /** Absent on connections that {@link ClientConnections} does not watch. */
    client?: ClientConnection;
  }
}

export interface ConnectionLimits {
  /** Connections of this worker at a time. */
  readonly connectionsMax: number;
  /** Connections from one address at a time; 0 for no limit. */
  readonly connectionsPerAddressMax: number;
  /** Requests of one connection that may wait for their answers, once one of them had a valid key. */
  readonly pipelineMax: number;
  /** An answer that a client does not read for so long ends its connection. */
  readonly unreadTimeoutMs: number;
}

/** The same limit before the first valid key: health checks and scrapes come one at a time. */
const KEYLESS_PIPELINE_MAX = 10;
const SWEEP_INTERVAL_MS = 1000;

/** A client's connection: the answers that it is owed, and whether its client has shown a key. */
class ClientConnection {
  /** Where it is in its {@link ConnectionList}, which alone sets them. */
  list: ConnectionList | undefined;
  previous: ClientConnection | undefined;
  next: ClientConnection | undefined;
  /** In the order of their requests, which is that of the answers. */
  readonly #owed: ServerResponse[] = [];
  #hasKey = false;
  #heldBack: ServerResponse | undefined;
  #isLastRequestIn = false;
  /** Puts something between parser and server, or takes it away. */
  guard: (isOn: boolean) => void = () => undefined;

  constructor(
    readonly socket: Socket,
    private readonly pipelineMax: number,
    private readonly onKey: (client: ClientConnection) => void,
  ) {}

  /** The oldest answer that is not out yet. */
  get oldest(): ServerResponse | undefined {
    return this.#owed[0];
  }

  /** True once no further request is taken: the last one's answer ends the connection. */
  get isLastRequestIn(): boolean {
    return this.#isLastRequestIn;
  }

  get hasKey(): boolean {
    return this.#hasKey;
  }

  /** To be called for a request with a valid key. */
  showKey(): void {
    if (this.#hasKey) return;
    this.#hasKey = true;
    if (this.#heldBack !== undefined) this.#heldBack.shouldKeepAlive = true;
    this.#heldBack = undefined;
    if (!this.#isLastRequestIn) this.guard(false);
    this.onKey(this);
  }

  /** To be called for each request that is taken, before it is handled. */
  owe(res: ServerResponse): void {
    const owed = this.#owed.push(res);
    const isWithin = owed < (this.#hasKey ? this.pipelineMax : KEYLESS_PIPELINE_MAX);
    if (isWithin && owed < this.pipelineMax) return;
    // Its answer says `connection: close`; the client may send again what comes after it (RFC 9112, 9.3.2).
    res.shouldKeepAlive = false;
    this.#isLastRequestIn = true;
    this.guard(true);
  }

  /**
   * To be called before a request whose body comes in chunks is handled: unless it shows a key, its
   * answer is the connection's last, and its body is not read.
   */
  holdBack(res: ServerResponse): void {
    if (this.#hasKey || !res.shouldKeepAlive) return;
    res.shouldKeepAlive = false;
    this.#heldBack = res;
  }

  /** To be called when an answer is out, which happens in their order. */
  answered(res: ServerResponse): void {
    if (this.#owed[0] !== res) return;
    // For nearly all, and much the cheaper of the two.
    if (this.#owed.length === 1) this.#owed.pop();
    else this.#owed.shift();
  }

  /**
   * Emits 'close' on every answer still owed by a connection that is gone. Node 20 and 22 do so only
   * for the one whose turn it was: whatever waits for the others' end would wait for ever.
   */
  abandon(): void {
    for (const res of this.#owed.splice(0)) {
      if (res.closed) continue;
      Object.assign(res, { destroyed: true, _closed: true });
      res.emit('close');
    }
  }
}

/**
 * Connections from the least recently used to the most. Linked through themselves, as a `Set` that
 * changes with every connection keeps dead ones alive
 * (docs/decisions/0011-no-map-for-what-is-in-flight.md).
 */
class ConnectionList {
  #first: ClientConnection | undefined;
  #last: ClientConnection | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get leastRecent(): ClientConnection | undefined {
    return this.#first;
  }

  /** Puts it at the end, and takes it out of the list that it was in. */
  add(client: ClientConnection): void {
    client.list?.remove(client);
    client.list = this;
    client.previous = this.#last;
    if (this.#last === undefined) this.#first = client;
    else this.#last.next = client;
    this.#last = client;
    this.#size += 1;
  }

  /** Does nothing where it is in no list, or in another one. */
  remove(client: ClientConnection): void {
    if (client.list !== this) return;
    const { previous, next } = client;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    client.list = client.previous = client.next = undefined;
    this.#size -= 1;
  }
}

/** What Node keeps of a connection, undocumented: the parser's callback for each head. */
interface SocketWithParser extends Socket {
  readonly parser?: {
    onIncoming?: (req: IncomingMessage, keepsAlive: unknown) => unknown;
  } | null;
}

/** What `onIncoming` returns for an upgrade: the parser leaves the rest of the data alone. */
const STOP_PARSING = 2;

/**
 * Keeps what any client may hold of a worker within limits: connections, requests that wait on one
 * connection, answers that are not read. Clients without a key must not harm those that have one, so
 * at the limit it is the keyless connection that was idle for the longest time that has to go.
 */
export class ClientConnections {
  readonly #keyless = new ConnectionList();
  readonly #keyed = new ConnectionList();
  readonly #perAddress = new Map<string, number>();
  readonly #onKey = (client: ClientConnection): void => {
    if (client.list === this.#keyless) this.#keyed.add(client);
  };
  #sweep: NodeJS.Timeout | undefined;

  /** @param onEnd called for each connection that is ended from this side */
  constructor(
    private readonly limits: ConnectionLimits,
    private readonly onEnd: (reason: ConnectionEnd) => void,
  ) {}

  get size(): number {
    return this.#keyless.size + this.#keyed.size;
  }

  /** Watches the connections of a server until it is closed. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('timeout', (socket: Socket) => this.#timedOut(socket));
    // A server may be closed and listen anew.
    server.on('listening', () => {
      clearInterval(this.#sweep);
      this.#sweep = setInterval(() => this.#limitUnread(), SWEEP_INTERVAL_MS).unref();
    });
    server.on('close', () => clearInterval(this.#sweep));
  }

  #accept(socket: Socket): void {
    const address = this.#addressOf(socket);
    if (this.#isAddressFull(address)) {
      this.#end(socket, 'address_full');
      return;
    }
    if (this.size >= this.limits.connectionsMax && !this.#makeRoom()) {
      this.#end(socket, 'full');
      return;
    }
    const client = new ClientConnection(socket, this.limits.pipelineMax, this.#onKey);
    socket.client = client;
    this.#keyless.add(client);
    this.#count(address, 1);
    socket.once('close', () => {
      client.list?.remove(client);
      this.#count(address, -1);
      client.abandon();
    });
    this.#limitParsing(socket, client);
  }

  /**
   * Requests beyond the last are not even parsed: 64 KiB of them would block the event loop for 20 ms. Nor
   * are bodies in chunks of clients without a key: in chunks of one byte, 64 KiB take 7 ms. A client that
   * has shown a key reaches the server as if nothing stood between, until its last request is in.
   */
  #limitParsing(socket: SocketWithParser, client: ClientConnection): void {
    const { parser } = socket;
    const onIncoming = parser?.onIncoming;
    if (parser === undefined || parser === null || onIncoming === undefined) return;
    const guarded: typeof onIncoming = (req, keepsAlive) => {
      if (client.isLastRequestIn) {
        if (!socket.isPaused()) this.onEnd('pipelined');
        socket.pause();
        return STOP_PARSING;
      }
      this.#used(client);
      const handled = onIncoming(req, keepsAlive);
      if (req.headers['transfer-encoding'] === undefined || client.hasKey) return handled;
      ignoreRest(socket);
      return STOP_PARSING;
    };
    client.guard = (isOn) => {
      // Node gives the parser of a connection that is gone to another one.
      if (socket.parser === parser) parser.onIncoming = isOn ? guarded : onIncoming;
    };
    client.guard(true);
  }

  /** Moves a keyless connection behind those that were used less recently. */
  #used(client: ClientConnection): void {
    if (client.list === this.#keyless && client.next !== undefined) this.#keyless.add(client);
  }

  #makeRoom(): boolean {
    const client = this.#keyless.leastRecent;
    if (client === undefined) return false;
    // Its 'close' comes later, its place is free now.
    this.#keyless.remove(client);
    this.#end(client.socket, 'evicted');
    return true;
  }

  #end(socket: Socket, reason: ConnectionEnd): void {
    this.onEnd(reason);
    socket.destroy();
  }

  /** Empty where it is of no account, as it takes a call of the system. */
  #addressOf(socket: Socket): string {
    return this.limits.connectionsPerAddressMax === 0 ? '' : (socket.remoteAddress ?? '');
  }

  #isAddressFull(address: string): boolean {
    const max = this.limits.connectionsPerAddressMax;
    return max > 0 && (this.#perAddress.get(address) ?? 0) >= max;
  }

  #count(address: string, change: 1 | -1): void {
    if (this.limits.connectionsPerAddressMax === 0) return;
    const count = (this.#perAddress.get(address) ?? 0) + change;
    if (count === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, count);
  }

  /** A timer for those alone that have something unread: one per request would cost each request. */
  #limitUnread(): void {
    const { unreadTimeoutMs } = this.limits;
    for (const { leastRecent } of [this.#keyless, this.#keyed]) {
      for (let client = leastRecent; client !== undefined; client = client.next) {
        const { socket } = client;
        if (socket.writableLength > 0 && socket.timeout !== unreadTimeoutMs) {
          socket.setTimeout(unreadTimeoutMs);
        }
      }
    }
  }

  /** Nothing was read or written for the socket's time: its own, or that of an idle connection. */
  #timedOut(socket: Socket): void {
    if (socket.writableLength > 0) this.#end(socket, 'unread');
    else if (socket.client?.oldest === undefined) socket.destroy();
  }
}
