import { createServer, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import { eventually } from '../../testing/eventually.js';

/** A request that was sent to the server, its body unpacked. */
export interface RecordedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Stands in for Sentry or a trace collector: takes everything and keeps it. */
export interface RecordingServer {
  readonly port: number;
  readonly requests: RecordedRequest[];
  /** Status that it answers with from now on; 200 at first. */
  answerWith(status: number, headers?: Readonly<Record<string, string>>): void;
  /** Waits for a request that satisfies `matches`, past or future. */
  request(matches: (request: RecordedRequest) => boolean): Promise<RecordedRequest>;
  stop(): Promise<void>;
}

export async function startRecordingServer(): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  let status = 200;
  let answerHeaders: Readonly<Record<string, string>> = {};
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const body = req.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      requests.push({ path: req.url ?? '', headers: req.headers, body: body.toString('utf8') });
      res.writeHead(status, { 'content-type': 'application/json', ...answerHeaders });
      res.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  afterAll(stop);
  return {
    port,
    requests,
    answerWith: (next, headers = {}) => {
      status = next;
      answerHeaders = headers;
    },
    request: (matches) =>
      eventually('a request to the recording server', () =>
        Promise.resolve(requests.find(matches)),
      ),
    stop,
  };
}
