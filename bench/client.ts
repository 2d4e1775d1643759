/**
 * The load generator's HTTP client beside undici's and node:http's: what a request costs the process
 * that sends it, in turns. `npx tsx bench/client.ts`; `--help` lists the options.
 */
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { Client } from 'undici';
import { Connection } from '../generator/connection.js';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { ChildProgram } from '../tools/child-program.js';
import { figuresTable, median, reportHead, writeReport } from '../tools/report.js';

interface Options {
  readonly rounds: number;
  readonly requests: number;
  readonly connections: number;
}

/** Sends a request on one connection and resolves with its answer's status. */
interface Sender {
  send(): Promise<number>;
  close(): void;
}

/** The argument that makes this file the server, in a process of its own. */
const SERVE = 'serve';
const HOST = '127.0.0.1';
const BODY = Buffer.from(JSON.stringify(makeReading(new Random(1))));
const HEADERS = { 'content-type': 'application/json', 'x-api-key': 'key-of-the-benchmarks-only' };
const ANSWER = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;

const CLIENTS: Readonly<Record<string, (port: number) => Promise<Sender>>> = {
  "regno's": openOwn,
  undici: openUndici,
  'node:http': openNodeHttp,
};

async function main(): Promise<void> {
  const options = readOptions();
  const file = fileURLToPath(import.meta.url);
  const args = ['--import', 'tsx', file, SERVE];
  const server = new ChildProgram({ command: process.execPath, args, env: process.env });
  const port = Number(await server.line((line) => /^\d+$/.test(line)));
  const micros = new Map<string, number[]>();
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const [name, open] of Object.entries(CLIENTS)) {
      const cost = await costOf(await openAll(open, port, options.connections), options.requests);
      // The first round warms up.
      if (round > 0) micros.set(name, [...(micros.get(name) ?? []), cost]);
    }
  }
  await server.stop();
  const results = [...micros].map(([name, costs]) => ({ name, cpuMicros: median(costs) }));
  const own = results[0]?.cpuMicros ?? NaN;
  const rows = results.map(({ name, cpuMicros }) => [
    name,
    cpuMicros.toFixed(1),
    (cpuMicros / own).toFixed(1),
  ]);
  const report = { ...reportHead('client'), settings: options, results };
  console.log(`${report.date}, ${report.machine}`);
  console.log(figuresTable(['', 'CPU µs per request', "of regno's"], rows));
  console.log(`written to ${writeReport('client', report)}`);
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench/client.ts')
    .option('--rounds <n>', 'rounds; medians are shown', count, 9)
    .option('--requests <n>', 'requests of each client in a round', count, 20_000)
    .option('--connections <n>', 'keep-alive connections', count, 64)
    .parse()
    .opts<Options>();
}

function openAll(
  open: (port: number) => Promise<Sender>,
  port: number,
  count: number,
): Promise<Sender[]> {
  return Promise.all(Array.from({ length: count }, () => open(port)));
}

/** CPU time of this process per request, µs. */
async function costOf(senders: readonly Sender[], requests: number): Promise<number> {
  let left = requests;
  const before = process.cpuUsage();
  await Promise.all(
    senders.map(async (sender) => {
      while (left > 0) {
        left -= 1;
        const status = await sender.send();
        if (status !== 200) throw new Error(`the server answered ${status}`);
      }
    }),
  );
  const { user, system } = process.cpuUsage(before);
  for (const sender of senders) sender.close();
  return (user + system) / requests;
}

async function openOwn(port: number): Promise<Sender> {
  let answered: (status: number) => void = () => undefined;
  let opened: () => void = () => undefined;
  const isOpen = new Promise<void>((resolve) => (opened = resolve));
  const connection = new Connection(
    { host: HOST, port, secure: false },
    {
      opened: () => opened(),
      answered: ({ answer }) => answered(answer.status),
      closed: () => answered(0),
    },
  );
  await isOpen;
  const head = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = Buffer.concat([
    Buffer.from(`POST /reg/ HTTP/1.1\r\nhost: ${HOST}\r\n${head.join('')}`),
    Buffer.from(`content-length: ${BODY.length}\r\n\r\n`),
    BODY,
  ]);
  return {
    send: () =>
      new Promise((resolve) => {
        answered = resolve;
        request.copy(connection.buffer);
        connection.send(request.length);
      }),
    close: () => connection.destroy(),
  };
}

function openUndici(port: number): Promise<Sender> {
  const client = new Client(`http://${HOST}:${port}`);
  return Promise.resolve({
    send: async () => {
      const options = { path: '/reg/', method: 'POST', headers: HEADERS, body: BODY } as const;
      const { statusCode, body } = await client.request(options);
      await body.dump();
      return statusCode;
    },
    close: () => void client.destroy(),
  });
}

function openNodeHttp(port: number): Promise<Sender> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const options = { host: HOST, port, path: '/reg/', method: 'POST', headers: HEADERS, agent };
  return Promise.resolve({
    send: () =>
      new Promise((resolve, reject) => {
        const request = http.request(options, (response) => {
          response.on('end', () => resolve(response.statusCode ?? 0)).resume();
        });
        request.on('error', reject).end(BODY);
      }),
    close: () => agent.destroy(),
  });
}

/** Answers every request at once, whatever it is; one request is in flight on a connection. */
function serve(): void {
  const server = net.createServer((socket) => {
    let seen = 0;
    let needed = Infinity;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      if (seen === 0) {
        const text = chunk.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        needed = end + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      }
      seen += chunk.length;
      if (seen < needed) return;
      seen = 0;
      socket.write(ANSWER);
    });
  });
  server.listen(0, HOST, () => console.log((server.address() as AddressInfo).port));
}

if (process.argv[2] === SERVE) serve();
else await main();
