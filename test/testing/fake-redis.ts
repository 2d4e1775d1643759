import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** The bytes to answer a command with; undefined for the answer of an empty Redis. */
export type Answer = (command: string, args: readonly string[]) => Buffer | string | undefined;

/** A server that speaks RESP and answers whatever a test wants it to. */
export class FakeRedis {
  answer: Answer = () => undefined;
  /** Commands in the order in which they came, upper case. */
  readonly commands: string[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(): Promise<FakeRedis> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeRedis(server);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** To every client, though none asked. */
  send(bytes: Buffer | string): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (;;) {
        const read = readCommand(text);
        if (read === undefined) return;
        text = text.slice(read.length);
        const [command = '', ...args] = read.words;
        this.commands.push(command.toUpperCase());
        socket.write(
          this.answer(command.toUpperCase(), args) ?? usualAnswer(command.toUpperCase()),
        );
      }
    });
  }
}

function usualAnswer(command: string): string {
  return command === 'GETRANGE' ? '$0\r\n\r\n' : '+OK\r\n';
}

function readCommand(text: string): { words: string[]; length: number } | undefined {
  const [head, count] = /^\*(\d+)\r\n/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const words: string[] = [];
  let at = head.length;
  for (let i = 0; i < Number(count); i++) {
    const [line, length] = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20)) ?? [];
    if (line === undefined) return undefined;
    const end = at + line.length + Number(length);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(at + line.length, end));
    at = end + 2;
  }
  return { words, length: at };
}
