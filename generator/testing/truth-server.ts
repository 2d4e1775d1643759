import http from 'node:http';
import type net from 'node:net';
import { performance } from 'node:perf_hooks';

/**
 * A server whose behaviour is known beforehand, run as a process of its own by the tests:
 * `truth-server.ts MODE [NUMBERS...]`. It prints its port, and answers GET /truth with what it saw.
 */
const GOOD = '{"body":{"negative":0.25,"positive":0.75},"status":"ok"}';
const [mode = 'echo', ...rest] = process.argv.slice(2);
const numbers = rest.map(Number);

let held: number[] = [];
let seen = 0;

const server = http.createServer((request, response) => {
  const startMs = performance.now();
  if (request.url === '/truth') {
    response.end(JSON.stringify({ seen, held: held.sort((a, b) => a - b) }));
    held = [];
    return;
  }
  seen += 1;
  const index = seen;
  request.resume();
  request.on('end', () => answer(index, startMs, request.socket, response));
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.stdout.write(`${port}\n`);
  if (mode === 'stall') stallForEver(numbers[0] ?? 1_000, numbers[1] ?? 10_000);
});

function answer(
  index: number,
  startMs: number,
  socket: net.Socket,
  response: http.ServerResponse,
): void {
  const every = numbers[0] ?? 100;
  switch (mode) {
    case 'delay':
      holdUntil(startMs + every, () => {
        held.push(performance.now() - startMs);
        send(response, 200, GOOD);
      });
      break;
    case 'errors':
      if (index % every === 0) send(response, numbers[1] ?? 500, '{"body":"no","status":"fail"}');
      else send(response, 200, GOOD);
      break;
    case 'drop':
      if (index % every === 0) socket.destroy();
      else send(response, 200, GOOD);
      break;
    case 'silent':
      break;
    case 'wrong-sum':
      send(response, 200, '{"body":{"negative":0.25,"positive":0.76},"status":"ok"}');
      break;
    case 'garbage':
      socket.end('220 mail.example ESMTP\r\n\r\n');
      break;
    case 'close':
      response.setHeader('connection', 'close');
      send(response, 200, GOOD);
      break;
    default:
      send(response, 200, GOOD);
  }
}

function send(response: http.ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Timers know whole ms only; the last one is spent turning the loop. */
function holdUntil(atMs: number, callback: () => void): void {
  const leftMs = atMs - performance.now();
  if (leftMs <= 0) callback();
  else if (leftMs > 2) setTimeout(() => holdUntil(atMs, callback), leftMs - 1.5);
  else setImmediate(() => holdUntil(atMs, callback));
}

/** Stops the whole process, event loop and all, for `stallMs` in every `periodMs`. */
function stallForEver(stallMs: number, periodMs: number): void {
  const zeroMs = performance.now();
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const next = (round: number): void => {
    const startMs = zeroMs + round * periodMs;
    setTimeout(
      () => {
        Atomics.wait(cell, 0, 0, Math.max(0, startMs + stallMs - performance.now()));
        next(round + 1);
      },
      Math.max(0, startMs - performance.now()),
    );
  };
  next(1);
}
