import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { METRICS } from '../../app/telemetry/metrics/catalogue.js';
import { EXAMPLE_DECISION, EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { copyModelFolder, falsifyGolden } from '../testing/other-model.js';
import { RawConnection } from '../testing/raw-http.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, ENTRY, isAlive, startService, type Service } from '../testing/start-service.js';
import { SteadyLoad, type LoadResult } from '../testing/steady-load.js';

vi.setConfig({ testTimeout: 300_000 });

const CONNECTIONS = 24;
/** Two starts one after the other, on a busy machine and beside the load. */
const ROLL_TIMEOUT_MS = 120_000;
/** Scrapes without a pause would take the core that a new worker starts on. */
const SCRAPE_PAUSE_MS = 40;
const BODIES = makeReadings(3000, 77).map((reading) => JSON.stringify(reading));
const EXAMPLE = JSON.stringify(EXAMPLE_READING);
const ANSWER = JSON.stringify({ body: EXAMPLE_DECISION, status: 'ok' });

function load(service: Service, connections = CONNECTIONS): SteadyLoad {
  return SteadyLoad.start({
    port: service.port,
    connections,
    body: (n) => BODIES[n % BODIES.length] ?? '',
  });
}

function post(body: string): string {
  return (
    `POST /reg/ HTTP/1.1\r\nhost: regno\r\nx-api-key: ${API_KEY}\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

function expectNoneFailed(result: LoadResult): void {
  const { statuses, lost } = result;
  expect({ statuses: [...statuses], lost }).toEqual({ statuses: [], lost: 0 });
  expect(result.ok).toBeGreaterThan(0);
}

describe('SIGTERM', () => {
  it('under load loses no request that was accepted, and ends with 0', async () => {
    const service = await startService();
    const clients = load(service);
    await clients.more(500);
    clients.expectEnd();
    const end = await service.stop();
    const result = await clients.stop();
    expect(end).toEqual({ code: 0, signal: null });
    expectNoneFailed(result);
    expect(result.refused).toBeGreaterThan(0);
    expect(service.process.text).toContain('"message":"regno has stopped"');
  });

  it('says "not ready" and still serves during the delay for the load balancer', async () => {
    const service = await startService({ env: { REGNO_DRAIN_DELAY_MS: '1500' } });
    service.process.signal('SIGTERM');
    await eventually('not ready', async () => {
      const ready = await fetch(`${service.url}/health/ready`);
      return ready.status === 503 && (await ready.text()).includes('draining') ? true : undefined;
    });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    const answer = await fetch(`${service.url}/reg/`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY },
      body: new Uint8Array(Buffer.from(EXAMPLE)),
    });
    expect(await answer.text()).toBe(ANSWER);
    expect(answer.headers.get('connection')).toBe('close');
    expect((await service.process.exited).code).toBe(0);
  });

  it('lets a body that is still coming finish, and answers it', async () => {
    const service = await startService({ env: { WORKERS: '1' } });
    const connection = await RawConnection.open(service.port);
    const request = post(EXAMPLE);
    await connection.write(request.slice(0, -40));
    // The worker has the head once it has answered a request that came after it.
    await fetch(`${service.url}/health/live`);
    service.process.signal('SIGTERM');
    await service.process.line((line) => line.includes('"stopping"'));
    await eventually('no new connections', async () => {
      const refused = await fetch(`${service.url}/health/live`).catch(() => 'refused');
      return refused === 'refused' ? true : undefined;
    });
    await connection.write(request.slice(-40));
    expect((await connection.next())?.body).toBe(ANSWER);
    expect(await service.process.exited).toEqual({ code: 0, signal: null });
  });

  it('waits for a body that never comes no longer than the drain timeout', async () => {
    const service = await startService({
      env: { WORKERS: '1', REGNO_DRAIN_TIMEOUT_MS: '700', REGNO_BODY_TIMEOUT_MS: '60000' },
    });
    const connection = await RawConnection.open(service.port);
    await connection.write(post(EXAMPLE).slice(0, -40));
    await fetch(`${service.url}/health/live`);
    const startedAt = performance.now();
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(4000);
    connection.close();
  });

  it('ends idle keep-alive connections after a moment of grace', async () => {
    const service = await startService();
    const connections = await Promise.all(
      Array.from({ length: 10 }, () => RawConnection.open(service.port)),
    );
    for (const one of connections) {
      await one.write(post(EXAMPLE));
      expect((await one.next())?.body).toBe(ANSWER);
    }
    const startedAt = performance.now();
    expect((await service.stop()).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });

  it('a second time ends at once', async () => {
    const service = await startService({ env: { REGNO_DRAIN_DELAY_MS: '60000' } });
    const workers = service.workerPids();
    service.process.signal('SIGTERM');
    await eventually('draining', async () => {
      const ready = await fetch(`${service.url}/health/ready`);
      return ready.status === 503 ? true : undefined;
    });
    const startedAt = performance.now();
    // A stop may take signals that come together, as from a shell and its group, for one.
    const impatience = setInterval(() => service.process.signal('SIGTERM'), 200);
    const end = await service.process.exited;
    clearInterval(impatience);
    expect(end).toEqual({ code: 1, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await eventually('the workers are gone', () =>
      Promise.resolve(workers.some(isAlive) ? undefined : true),
    );
  });

  it('leaves no worker behind where the primary is killed', async () => {
    const service = await startService();
    const workers = service.workerPids();
    expect(workers).toHaveLength(2);
    await service.process.end('SIGKILL');
    await eventually('the workers are gone', () =>
      Promise.resolve(workers.some(isAlive) ? undefined : true),
    );
  });
});

describe('SIGHUP', () => {
  it('replaces every worker under load and fails no request, new connections included', async () => {
    const service = await startService();
    const before = service.workerPids();
    const clients = load(service);
    await clients.more(300);
    service.process.signal('SIGHUP');
    await whenReplaced(service, before);
    await service.whenReady(2);
    await clients.more(300);
    const result = await clients.stop();
    expectNoneFailed(result);
    expect(result.refused).toBe(0);
    expect(sumOf(await scrape(service.url), 'regno_worker_exits_total', { reason: 'clean' })).toBe(
      2,
    );
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.process.text).not.toContain('"level":"error"');
  });

  it('keeps the old workers where the new model cannot be used', async () => {
    for (const damage of [falsifyGolden, dropManifest]) {
      const folder = await copyModelFolder();
      const service = await startService({ env: { MODEL: folder } });
      const before = service.workerPids();
      damage(folder);
      service.process.signal('SIGHUP');
      await service.process.line((line) => line.includes('reload refused'));
      await eventually('only the old workers', () =>
        Promise.resolve(service.workerPids().toString() === before.toString() ? true : undefined),
      );
      await service.whenReady(2);
      for (let i = 0; i < 4; i++) {
        const ready = await fetch(`${service.url}/health/ready`, {
          headers: { connection: 'close' },
        });
        expect(ready.status).toBe(200);
      }
      expect(await service.stop()).toEqual({ code: 0, signal: null });
    }
  });

  it('a second roll works after the first, and a stop in the middle of one is clean', async () => {
    const service = await startService();
    for (let round = 0; round < 2; round++) {
      const before = service.workerPids();
      service.process.signal('SIGHUP');
      await whenReplaced(service, before);
      await service.whenReady(2);
    }
    const before = service.workerPids();
    service.process.signal('SIGHUP');
    await eventually('a third worker', () =>
      Promise.resolve(service.workerPids().length > before.length ? true : undefined),
    );
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    expect(service.process.text).not.toContain('write after end');
  });

  it('does not leave two workers in a slot where the old one dies meanwhile', async () => {
    const service = await startService({ env: { WORKERS: '1', PORT: String(await freePort()) } });
    const [old = 0] = service.workerPids();
    service.process.signal('SIGHUP');
    await eventually('the new one starts', () =>
      Promise.resolve(service.workerPids().length === 2 ? true : undefined),
    );
    process.kill(old, 'SIGKILL');
    await eventually('one ready worker', async () => {
      const samples = await scrape(service.url);
      const ready = sumOf(samples, 'regno_workers', { state: 'ready' });
      return ready === 1 && service.workerPids().length === 1 ? true : undefined;
    });
    const starts = sumOf(await scrape(service.url), 'regno_worker_starts_total');
    expect(starts).toBe(2);
    // The roll has ended, so that the next one is taken.
    const next = service.workerPids();
    service.process.signal('SIGHUP');
    await whenReplaced(service, next);
    expect((await service.stop()).code).toBe(0);
  });
});

describe('a killed worker', () => {
  it('is restarted, costs at most its own requests, and no count ever falls', async () => {
    const service = await startService({ env: { PORT: String(await freePort()) } });
    const connections = 6;
    const clients = load(service, connections);
    const watch = watchCounters(service);
    await clients.more(300);
    const kills = 3;
    for (let i = 0; i < kills; i++) {
      const before = service.workerPids();
      const [victim = 0] = before;
      process.kill(victim, 'SIGKILL');
      await eventually('restarted', () => {
        const now = service.workerPids();
        return Promise.resolve(now.length === 2 && !now.includes(victim) ? true : undefined);
      });
      await service.whenReady(2);
      await Promise.all([clients.more(300), watch.more(5)]);
    }
    const result = await clients.stop();
    expect(await watch.stop()).toEqual([]);
    expect([...result.statuses]).toEqual([]);
    // A client has one request under way, so a worker's death costs at most all of them once.
    expect(result.lost + result.refused).toBeLessThanOrEqual(kills * connections);
    const after = await scrape(service.url);
    expect(sumOf(after, 'regno_worker_exits_total', { reason: 'killed' })).toBe(kills);
    expect(sumOf(after, 'regno_worker_starts_total')).toBe(2 + kills);
    const counted = sumOf(after, 'regno_http_requests_total', { route: '/reg/', status: '200' });
    // What a worker counted since its last report dies with it, and no more.
    expect(counted).toBeGreaterThan(result.ok * 0.9);
    expect(counted).toBeLessThanOrEqual(result.ok + kills * connections);
    expect((await service.stop()).code).toBe(0);
  });
});

describe('the port that the system chose for PORT=0', () => {
  it('stays where all workers die at once', async () => {
    const service = await startService();
    const before = service.workerPids();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await whenReplaced(service, before);
    await whenAllListenOn(service, service.port);
    await service.whenReady(2);
    // The kept port is shared like the first one was.
    const [victim = 0] = service.workerPids();
    process.kill(victim, 'SIGKILL');
    await eventually('replaced', () => {
      const now = service.workerPids();
      return Promise.resolve(now.length === 2 && !now.includes(victim) ? true : undefined);
    });
    await whenAllListenOn(service, service.port);
    expect((await service.stop()).code).toBe(0);
  });

  it('stays where the last worker dies while the successor of another one starts', async () => {
    const service = await startService();
    const before = service.workerPids();
    const [first = 0, last = 0] = before;
    process.kill(first, 'SIGKILL');
    await eventually('a successor starts', () =>
      Promise.resolve(service.workerPids().some((pid) => !before.includes(pid)) ? true : undefined),
    );
    process.kill(last, 'SIGKILL');
    await whenReplaced(service, before);
    await whenAllListenOn(service, service.port);
    await service.whenReady(2);
    expect((await service.stop()).code).toBe(0);
  });
});

/** Waits until two workers listen, on this port and on no other one. */
async function whenAllListenOn(service: Service, port: number): Promise<void> {
  let seen = '';
  const listens = (): Promise<true | undefined> => {
    const ports = service.workerPids().map(portsOf);
    seen = JSON.stringify(ports);
    return Promise.resolve(seen === JSON.stringify([[port], [port]]) ? true : undefined);
  };
  await eventually(`two workers on port ${port}`, listens).catch((error: unknown) => {
    throw new Error(`the workers listen on ${seen}`, { cause: error });
  });
}

/** The TCP ports that a process listens on, as Linux reports them. */
function portsOf(pid: number): number[] {
  const ports = new Map<string, number>();
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state === '0A') ports.set(`socket:[${inode}]`, Number.parseInt(local.slice(-4), 16));
  }
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(
      (fd) => ports.get(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [],
    );
  } catch {
    // It ends, or a file of it was closed meanwhile.
    return [];
  }
}

/** Waits until as many other workers have taken the place of these. */
async function whenReplaced(service: Service, before: readonly number[]): Promise<void> {
  await eventually(
    'all workers replaced',
    () => {
      const now = service.workerPids();
      const areNew = now.length === before.length && now.every((pid) => !before.includes(pid));
      return Promise.resolve(areNew ? true : undefined);
    },
    ROLL_TIMEOUT_MS,
  );
}

/** Names of the metrics that may only grow. */
const GROWING = new Set<string>(
  Object.values(METRICS)
    .filter(({ kind }) => kind !== 'gauge')
    .map(({ name }) => name),
);

/** Scrapes until it is stopped, and notes every counter that is smaller than it was. */
function watchCounters(service: Service): {
  /** Resolves after so many scrapes that were answered. */
  more: (scrapes: number) => Promise<void>;
  /** What fell. */
  stop: () => Promise<string[]>;
} {
  const highest = new Map<string, number>();
  const falls: string[] = [];
  let samples = 0;
  let isStopped = false;
  const look = async (): Promise<void> => {
    while (!isStopped) {
      await delay(SCRAPE_PAUSE_MS);
      // A scrape may meet the worker that dies; what it says, where it answers, must hold.
      const found = await scrape(service.url).catch(() => undefined);
      for (const { name, labels, value } of found ?? []) {
        if (!GROWING.has(name.replace(/_(bucket|count|sum)$/, ''))) continue;
        const key = `${name}${JSON.stringify(labels)}`;
        const before = highest.get(key) ?? 0;
        if (value < before) falls.push(`${key}: ${before} -> ${value}`);
        highest.set(key, value);
      }
      // A series that is gone has fallen too.
      if (found !== undefined) {
        samples += 1;
        const present = new Set(found.map((one) => `${one.name}${JSON.stringify(one.labels)}`));
        for (const key of highest.keys()) if (!present.has(key)) falls.push(`${key} is gone`);
      }
    }
  };
  const looking = look();
  return {
    more: async (scrapes) => {
      const enough = samples + scrapes;
      await eventually('scrapes', () => Promise.resolve(samples >= enough || undefined));
    },
    stop: async () => {
      isStopped = true;
      await looking;
      return falls;
    },
  };
}

function dropManifest(folder: string): void {
  writeFileSync(join(folder, 'manifest.json'), '{}');
}

describe('standard output whose reader is gone', () => {
  it('costs log lines, and neither answers nor an orderly stop', async () => {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, [ENTRY], {
      env: { PATH, PORT: '0', HOST: '127.0.0.1', WORKERS: '2' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(child, 'exit');
    try {
      const port = await portOf(child.stdout);
      child.stdout.destroy();
      // Each refusal is a line of a worker, the rolling restart lines of the primary.
      child.kill('SIGHUP');
      const url = `http://127.0.0.1:${port}`;
      for (let i = 0; i < 50; i += 1) {
        expect((await fetch(`${url}/reg/`, { method: 'POST', body: EXAMPLE })).status).toBe(401);
      }
      const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json' };
      const answer = await fetch(`${url}/reg/`, { method: 'POST', body: EXAMPLE, headers });
      expect(await answer.text()).toBe(ANSWER);
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

/** The port that the line "regno is ready" names. */
async function portOf(output: Readable): Promise<number> {
  for await (const line of createInterface({ input: output })) {
    const { message, port } = JSON.parse(line) as { message: string; port?: number };
    if (message === 'regno is ready' && port !== undefined) return port;
  }
  throw new Error('the service ended before it was ready');
}
