import { connect, type Socket } from 'node:net';
import { eventually } from './eventually.js';
import { scrape, sumOf, type Sample } from './metrics-text.js';
import { API_KEY } from './start-service.js';

/** Someone who does a service harm until asked to stop. */
export interface Stranger {
  /** Connections that were opened so far. */
  readonly opened: number;
  stop(): void;
}

export type Attack = (port: number) => Stranger;

const CROWD = 12;
const TICK_MS = 50;

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: regno\r\n\r\n`;

/** A reading with a valid key; the number makes it one of its own. */
function validPost(n: number): string {
  const body = JSON.stringify({
    regno_recognize: 'А123ВС77',
    afts_regno_ai: 'А123ВС777',
    recognition_accuracy: n,
    afts_regno_ai_score: 0.9,
    afts_regno_ai_char_scores: '[0.9]',
    afts_regno_ai_length_scores: '[0.9]',
    camera_type: '',
    camera_class: '',
    time_check: '2024-06-14 08:30:15',
    direction: 1,
  });
  const length = Buffer.byteLength(body);
  return (
    `POST /reg/ HTTP/1.1\r\nhost: regno\r\nx-api-key: ${API_KEY}\r\n` +
    `content-length: ${length}\r\n\r\n${body}`
  );
}

/** Sockets that are opened again and again, each for one try. */
class Crowd implements Stranger {
  opened = 0;
  readonly #sockets = new Set<Socket>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly port: number) {}

  get size(): number {
    return this.#sockets.size;
  }

  open(onConnect: (socket: Socket) => void): void {
    this.opened += 1;
    const socket = connect({ port: this.port, host: '127.0.0.1' });
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('connect', () => onConnect(socket));
  }

  every(ms: number, act: () => void): this {
    act();
    this.#timer = setInterval(act, ms);
    return this;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Opens a crowd of connections each tick, writes the same on each and closes at once. */
function writeAndLeave(bytes: string, size = CROWD): Attack {
  return (port) => {
    const crowd = new Crowd(port);
    return crowd.every(TICK_MS, () => {
      for (let i = 0; i < size; i += 1) {
        crowd.open((socket) => socket.write(bytes, () => socket.destroy()));
      }
    });
  };
}

/** Keeps so many connections open, writes the same on each and reads nothing. */
function writeAndNeverRead(connections: number, bytes: string): Attack {
  return (port) => {
    const crowd = new Crowd(port);
    return crowd.every(TICK_MS, () => {
      while (crowd.size < connections) {
        crowd.open((socket) => {
          socket.pause();
          socket.write(bytes);
        });
      }
    });
  };
}

/** Asks for the same again and again, pipelined, on a few connections, and reads the answers. */
function pipeline(path: string, perSecond: number, connections: number): Attack {
  return (port) => {
    const crowd = new Crowd(port);
    const perTick = Math.ceil((perSecond * TICK_MS) / 1000 / connections);
    const sockets = new Set<Socket>();
    return crowd.every(TICK_MS, () => {
      while (crowd.size < connections) {
        crowd.open((socket) => {
          socket.resume();
          sockets.add(socket);
          socket.on('close', () => sockets.delete(socket));
        });
      }
      for (const socket of sockets) socket.write(get(path).repeat(perTick));
    });
  };
}

/** Opens connections as fast as they come, up to so many, and leaves them as they are. */
function sitSilently(connections: number, bytes: string): Attack {
  return (port) => {
    const crowd = new Crowd(port);
    return crowd.every(TICK_MS, () => {
      for (let i = 0; i < connections && crowd.size < connections; i += 1) {
        crowd.open((socket) => {
          socket.resume();
          socket.write(bytes);
        });
      }
    });
  };
}

/** Sends a body without a key for as long as the service takes it, on some connections. */
function sendWithoutEnd(connections: number, chunks: string): Attack {
  const head = 'POST /reg/ HTTP/1.1\r\nhost: regno\r\ntransfer-encoding: chunked\r\n\r\n';
  const chunk = Buffer.from(chunks);
  return (port) => {
    const crowd = new Crowd(port);
    return crowd.every(TICK_MS, () => {
      while (crowd.size < connections) {
        crowd.open((socket) => {
          socket.resume();
          socket.on('drain', () => socket.write(chunk));
          socket.write(head);
          socket.write(chunk);
        });
      }
    });
  };
}

/** What clients without a key, or with bad manners, have done to services. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'pipelines of 300 keyless requests, then the end': writeAndLeave(get('/').repeat(300)),
  'two pipelined readings with a key, then the end': writeAndLeave(validPost(1) + validPost(2)),
  'readings cut off in their bodies': writeAndLeave(validPost(3) + validPost(4).slice(0, -20)),
  'a flood of pipelined scrapes': pipeline('/metrics', 1500, 4),
  'a flood of pipelined health checks': pipeline('/health/ready', 20_000, 4),
  'a flood of pipelined pages': pipeline('/docs/swagger-ui-bundle.js', 1000, 4),
  'scrapes that nobody reads': writeAndNeverRead(50, get('/metrics').repeat(200)),
  '9,000 pipelined health checks that nobody reads': writeAndNeverRead(
    2,
    get('/health/ready').repeat(9000),
  ),
  'pages that nobody reads': writeAndNeverRead(50, get('/docs/swagger-ui-bundle.js').repeat(50)),
  'connections that say nothing': sitSilently(500, ''),
  'heads that do not end': sitSilently(500, 'GET / HTTP/1.1\r\nhost: regno\r\nx-more: '),
  'bodies without a key that do not end': sitSilently(
    500,
    'POST /reg/ HTTP/1.1\r\nhost: regno\r\ncontent-length: 20000\r\n\r\n{',
  ),
  'bodies without a key that go on': sendWithoutEnd(4, `10000\r\n${'x'.repeat(0x10000)}\r\n`),
  'bodies without a key in chunks of one byte': sendWithoutEnd(40, '1\r\nx\r\n'.repeat(10_000)),
  'connections that are opened and closed': writeAndLeave('', 100),
  'heads of 700 headers': writeAndLeave(
    `GET / HTTP/1.1\r\nhost: regno\r\n${'x-y: 0123456789\r\n'.repeat(700)}\r\n`.repeat(5),
  ),
  'what is not HTTP': writeAndLeave('\x16\x03\x01\x02\x00garbage\r\n\r\n'.repeat(20)),
};

/** Waits until a service has nothing left of an attack; gives its metrics then. */
export function whenCalm(url: string, timeoutMs: number): Promise<Sample[]> {
  return eventually(
    'the service is calm',
    async () => {
      const now = await scrape(url);
      // The scrape itself, and the connection of the one before.
      const isCalm =
        sumOf(now, 'regno_readings_inflight') === 0 &&
        sumOf(now, 'regno_http_inflight_requests') <= 1 &&
        sumOf(now, 'regno_connections') <= 2;
      return isCalm ? now : undefined;
    },
    timeoutMs,
  );
}
