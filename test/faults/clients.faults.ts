import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { RawConnection } from '../testing/raw-http.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { expectUndisturbed, recover, witness } from './witness.js';

/** Clients that leave, per second. */
const LEAVERS_PER_SECOND = 200;
const TICK_MS = 20;
/** File descriptors that may be open on account of the scrape itself, idle connections and timers. */
const SLACK_FDS = 4;

let service: Service;

afterEach(async () => {
  await service.stop();
});

describe('clients that leave', () => {
  beforeEach(async () => {
    service = await startService();
  });

  it('in the middle of heads, bodies and answers disturb nobody and leave nothing behind', async () => {
    const before = openFiles(service);
    let crowd: LeavingCrowd | undefined;
    const fault = 'clients leave half-way';
    const seen = await witness(fault, service, () => {
      crowd = new LeavingCrowd(service.port);
    });
    crowd?.stop();
    expect(crowd?.left).toBeGreaterThan(LEAVERS_PER_SECOND);
    expectUndisturbed(seen);
    const isBack = async () => {
      const now = await scrape(service.url);
      // The scrape itself is in flight.
      const isCalm = sumOf(now, 'regno_http_inflight_requests') <= 1;
      return isCalm && openFiles(service) <= before + SLACK_FDS ? now : undefined;
    };
    const samples = await recover(fault, (timeoutMs) =>
      eventually('nothing in flight and files closed', isBack, timeoutMs),
    );
    expect(sumOf(samples, 'regno_http_requests_total', { status: 'aborted' })).toBeGreaterThan(0);
  });
});

describe('clients that are slow', () => {
  beforeEach(async () => {
    service = await startService({
      env: {
        REGNO_HEADERS_TIMEOUT_MS: '1000',
        REGNO_BODY_TIMEOUT_MS: '1500',
        REGNO_REQUESTS_PER_SOCKET_MAX: '3',
      },
    });
  });

  it('with a head or a body are answered 408 and cut off, and others are not', async () => {
    const head = await RawConnection.open(service.port);
    const body = await RawConnection.open(service.port);
    await head.write('POST /reg/ HTTP/1.1\r\nhost: regno\r\nx-slow: ');
    await body.write(`${headOf(100)}{"regno`);
    const drip = setInterval(() => {
      void head.write('x');
      void body.write(' ');
    }, 200);
    const seen = await witness('slow heads and bodies', service, () => undefined);
    clearInterval(drip);
    for (const connection of [head, body]) {
      const { answers, ending } = await connection.read({ timeoutMs: 5000 });
      expect(answers.map((answer) => answer.status)).toEqual([408]);
      expect(ending).not.toBe('open');
      connection.close();
    }
    expectUndisturbed(seen);
  });

  it('are asked to open a new connection after as many requests as one may carry', async () => {
    const connection = await RawConnection.open(service.port);
    const [reading] = makeReadings(1, 5);
    const text = JSON.stringify(reading);
    for (let i = 0; i < 3; i += 1) {
      await connection.write(headOf(Buffer.byteLength(text)) + text);
      await connection.read({ answers: i + 1 });
    }
    const { answers } = await connection.read({ answers: 3 });
    connection.close();
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(answers.map((answer) => answer.headers.get('connection'))).toEqual([
      'keep-alive',
      'keep-alive',
      'close',
    ]);
  });
});

/** Clients that each begin a request and leave at another point of it. */
class LeavingCrowd {
  left = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #requests: readonly string[];

  constructor(private readonly port: number) {
    this.#requests = makeReadings(50, 3).map((reading) => {
      const text = JSON.stringify(reading);
      return headOf(Buffer.byteLength(text)) + text;
    });
    this.#timer = setInterval(() => {
      for (let i = 0; i < (LEAVERS_PER_SECOND * TICK_MS) / 1000; i += 1) this.#leave();
    }, TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #leave(): void {
    const way = this.left % 4;
    const request = this.#requests[this.left % this.#requests.length] ?? '';
    const cut = [40, request.length - 30, request.length, request.length][way];
    this.left += 1;
    const socket = connect({ port: this.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.on('connect', () => {
      socket.write(request.slice(0, cut), () => {
        // The last way waits for the first bytes of the answer; the others do not wait at all.
        if (way === 3) socket.once('data', () => socket.resetAndDestroy());
        else if (way === 2) socket.resetAndDestroy();
        else socket.destroy();
      });
    });
  }
}

function headOf(length: number): string {
  return (
    'POST /reg/ HTTP/1.1\r\nhost: regno\r\ncontent-type: application/json\r\n' +
    `x-api-key: ${API_KEY}\r\ncontent-length: ${length}\r\n\r\n`
  );
}

function openFiles(of: Service): number {
  return of.workerPids().reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
}
