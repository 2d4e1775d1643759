import net from 'node:net';
import tls from 'node:tls';
import { AnswerParser } from './answer-parser.js';

/** Where a connection goes. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/**
 * Why a connection ended: it never opened, it was closed or reset, or it spoke something that is not
 * HTTP. Whether a request was in flight is for the owner to see (`busy`).
 */
export type CloseReason = 'connect' | 'reset' | 'malformed';

/** What a connection reports to its owner. Each is called from the socket's own callback. */
export interface ConnectionOwner {
  opened(connection: Connection): void;
  /** The answer is complete: `connection.answer` has the status, and the body where asked for. */
  answered(connection: Connection): void;
  closed(connection: Connection, reason: CloseReason): void;
}

/**
 * One keep-alive connection with at most one request in flight. node:http's client costs several times
 * as much CPU per request (parser objects, header objects, agent queues), and the generator shares the
 * machine with the service that it measures.
 */
export class Connection {
  /** The request is written here, then sent; free again once the answer is complete. */
  buffer: Buffer = Buffer.allocUnsafe(4_096);
  readonly answer = new AnswerParser();
  /** A request is in flight. */
  busy = false;
  open = false;

  /** The request in flight: when it should have been sent, and when it was (ms). */
  intendedMs = 0;
  latenessMs = 0;
  sentMs = 0;
  expectsRefusal = false;
  checked = false;

  readonly #socket: net.Socket;
  #ended = false;

  constructor(
    endpoint: Endpoint,
    private readonly owner: ConnectionOwner,
  ) {
    this.#socket = endpoint.secure ? this.#connectTls(endpoint) : this.#connectPlain(endpoint);
    this.#socket.once(endpoint.secure ? 'secureConnect' : 'connect', () => {
      this.open = true;
      owner.opened(this);
    });
    this.#socket.once('end', () => this.#onEnd());
    this.#socket.once('error', () => this.#finish(this.open ? 'reset' : 'connect'));
    this.#socket.once('close', () => this.#finish(this.open ? 'reset' : 'connect'));
  }

  /** Sends the first `length` bytes of the buffer; the caller has set the request's own fields. */
  send(length: number): void {
    this.busy = true;
    this.answer.begin(this.checked);
    this.#socket.write(this.buffer.subarray(0, length));
  }

  /** Makes room for a request of this many bytes. */
  reserve(bytes: number): void {
    if (this.buffer.length < bytes) this.buffer = Buffer.allocUnsafe(bytes * 2);
  }

  /** Ends the connection at once and calls nobody. */
  destroy(): void {
    this.#ended = true;
    this.open = false;
    this.busy = false;
    this.#socket.destroy();
  }

  #connectPlain(endpoint: Endpoint): net.Socket {
    // With onread the socket reads into one buffer for its whole life instead of a new one each time.
    const callback = (bytesRead: number, read: Uint8Array): boolean => {
      this.#onBytes(Buffer.from(read.buffer, read.byteOffset, bytesRead));
      return true;
    };
    return net.connect({
      host: endpoint.host,
      port: endpoint.port,
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafe(READ_BYTES), callback },
    });
  }

  #connectTls(endpoint: Endpoint): net.Socket {
    const socket = tls.connect({
      host: endpoint.host,
      port: endpoint.port,
      ...(net.isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
    });
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#onBytes(bytes));
    return socket;
  }

  #onBytes(bytes: Buffer): void {
    if (this.#ended) return;
    let complete: boolean;
    try {
      complete = this.answer.push(bytes);
    } catch {
      this.#finish('malformed');
      return;
    }
    if (complete && this.busy) this.#complete();
  }

  #onEnd(): void {
    if (!this.#ended && this.busy && this.answer.end()) this.#complete();
    this.#finish('reset');
  }

  #complete(): void {
    this.busy = false;
    this.owner.answered(this);
  }

  #finish(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.open = false;
    this.#socket.destroy();
    this.owner.closed(this, reason);
  }
}

const READ_BYTES = 16_384;
