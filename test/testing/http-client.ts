import { Agent, request } from 'node:http';

export interface ClientAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Milliseconds from the call to the last byte. */
  readonly ms: number;
}

export interface ClientRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A client with its own keep-alive connections to one port of this machine. */
export class HttpClient {
  readonly #agent: Agent;

  constructor(
    readonly port: number,
    connectionsMax: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  /** @throws Error where the connection fails */
  ask(options: ClientRequest): Promise<ClientAnswer> {
    const startedAt = performance.now();
    const { method = 'POST', path = '/reg/', headers = {}, body } = options;
    return new Promise((resolve, reject) => {
      const req = request({
        host: '127.0.0.1',
        port: this.port,
        agent: this.#agent,
        method,
        path,
        headers: { ...headers },
      });
      req.on('error', reject);
      req.on('response', (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          resolve({
            status: res.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
            headers: res.headers,
            ms: performance.now() - startedAt,
          });
        });
      });
      req.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
