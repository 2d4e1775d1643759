import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { closeSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { RequestLog } from '../../app/telemetry/logs/request-log.js';
import type { FinishedRequest } from '../../app/serving/finished-request.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { HttpClient } from '../testing/http-client.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { mountSmallDisk } from '../testing/small-disk.js';
import { API_KEY, ENTRY, ROOT, logLine } from '../testing/start-service.js';
import { startFaultyService } from './support/faulty-service.js';

const DOCUMENT = readFileSync(join(ROOT, 'docs/logs.md'), 'utf8');
const HMAC_KEY = 'a key for this test only';
const READING = {
  regno_recognize: 'А123ВС77',
  afts_regno_ai: 'А128ВС77',
  recognition_accuracy: 6.4,
  afts_regno_ai_score: 0.98,
  afts_regno_ai_char_scores: '[0.99, 0.97]',
  afts_regno_ai_length_scores: '[0.99]',
  camera_type: 'Стационарная',
  camera_class: 'Астра-Трафик',
  time_check: '2024-03-04 05:06:07',
  direction: 0,
};

const disk = mountSmallDisk(128 * 1024) ?? '';

type Line = Record<string, unknown>;

/** What differs from run to run; each becomes the same constant in examples and in real lines. */
const VOLATILE = new Set([
  'timestamp',
  'durationMs',
  'spanId',
  'hmac',
  'pid',
  'port',
  'startMs',
  'stack',
]);

function comparable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'slow')
      .map(([name, inner]) => [name, VOLATILE.has(name) ? typeof inner : comparable(inner)]),
  );
}

function examples(): Line[] {
  return [...DOCUMENT.matchAll(/```json\n(.*)\n```/g)].map(
    ([, json = '']) => JSON.parse(json) as Line,
  );
}

describe('the log of the real service', { timeout: 90_000 }, () => {
  let lines: Line[] = [];
  let text = '';

  beforeAll(async () => {
    const service = await startFaultyService({
      env: {
        WORKERS: '1',
        PORT: String(await freePort()),
        REGNO_LOG_SAMPLE_RATIO: '1',
        REGNO_LOG_HMAC_KEY: HMAC_KEY,
        REGNO_MEMORY_CACHE_ENTRIES: '0',
      },
    });
    const client = new HttpClient(service.port, 1);
    const ask = (serial: number, headers: Record<string, string>, body: unknown) =>
      client.ask({
        path: '/reg/?plate=secret',
        headers: { 'x-api-key': API_KEY, 'x-request-id': `camera-17-000${serial}`, ...headers },
        body: JSON.stringify(body),
      });
    await ask(
      123,
      { traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01` },
      READING,
    );
    await ask(124, {}, { ...READING, time_check: 'soon', afts_regno_ai: 5 });
    await ask(125, { 'x-api-key': 'not-a-key' }, READING);
    await service.breakModel();
    await ask(126, {}, READING);
    await service.fixModel();
    service.throwUncaught();
    await service.process.line((line) => line.includes('worker died and is restarted'));
    await service.whenReady(1);
    client.close();
    await service.stop();
    text = service.process.text;
    lines = service.process.lines.map(logLine).filter((line) => line !== undefined);
  }, 120_000);

  it('is JSON, one object a line, but for what the test itself prints', () => {
    const strangers = text.split('\n').filter((line) => logLine(line) === undefined);
    expect(strangers).toEqual(['the model is broken', 'the model is fixed']);
  });

  it.each(examples().map((example) => [String(example['message']), example] as const))(
    'has the documented line "%s"',
    (message, example) => {
      const alike = lines.filter(
        (line) => line['message'] === message && line['requestId'] === example['requestId'],
      );
      expect(alike.map(comparable)).toContainEqual({
        ...(comparable(example) as Line),
        ...('host' in example ? { host: '127.0.0.1' } : {}),
      });
    },
  );

  it('has no field that is not documented', () => {
    const documented = new Set([...DOCUMENT.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const names = new Set(lines.flatMap((line) => Object.keys(line)));
    expect([...names].filter((name) => !documented.has(name))).toEqual([]);
  });

  it('names plates by the documented HMAC, and has neither plates nor keys nor queries', () => {
    const hmac = createHmac('sha256', HMAC_KEY).update('А123ВС77').digest('hex').slice(0, 16);
    const line = lines.find(({ requestId }) => requestId === 'camera-17-000123');
    expect(line).toMatchObject({
      plates: { camera: { hmac, template: 'private car', length: 8 } },
    });
    for (const secret of ['123ВС77', '128ВС77', '777АА', API_KEY, 'not-a-key', 'secret']) {
      expect(text.replaceAll(/the public demo key \d+ opens/g, '')).not.toContain(secret);
    }
  });
});

describe('a log that nobody reads', { timeout: 90_000 }, () => {
  it('costs lines, which are counted, and neither answers nor memory without end', async () => {
    const port = await freePort();
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [ENTRY], {
      // A pipe whose other end is open and never read.
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...{ PATH, HOME, PORT: String(port), HOST: '127.0.0.1', WORKERS: '1' },
        ...{ REGNO_LOG_SAMPLE_RATIO: '1', REGNO_LOG_LINES_PER_SECOND: '100000' },
      },
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const client = new HttpClient(port, 16);
    await eventually('the service', async () => {
      const { status } = await client.ask({ method: 'GET', path: '/health/ready' });
      return status === 200 ? true : undefined;
    });
    const body = JSON.stringify(READING);
    for (let i = 0; i < 40; i += 1) {
      const answers = await Promise.all(
        Array.from({ length: 150 }, () => client.ask({ headers: { 'x-api-key': API_KEY }, body })),
      );
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    }
    const dropped = await eventually('dropped lines', async () => {
      const samples = await scrape(`http://127.0.0.1:${port}`);
      const count = sumOf(samples, 'regno_log_lines_dropped_total', { level: 'info' });
      return count > 0 ? count : undefined;
    });
    // 1 MiB and what a pipe holds is some 3,000 lines.
    expect(dropped).toBeGreaterThan(1000);
    client.close();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

describe.skipIf(disk === '')('a log on a disk that is full', { timeout: 90_000 }, () => {
  it('drops lines, which are counted, and goes on once there is room', async () => {
    const port = await freePort();
    const path = join(disk, 'log');
    const filler = join(disk, 'filler');
    const fd = openSync(path, 'a');
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [ENTRY], {
      stdio: ['ignore', fd, 'ignore'],
      env: {
        ...{ PATH, HOME, PORT: String(port), HOST: '127.0.0.1', WORKERS: '1' },
        ...{ REGNO_LOG_SAMPLE_RATIO: '1', REGNO_LOG_LINES_PER_SECOND: '100000' },
      },
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    closeSync(fd);
    const client = new HttpClient(port, 1);
    const body = JSON.stringify(READING);
    const ask = async (requestId: string) => {
      const headers = { 'x-api-key': API_KEY, 'x-request-id': requestId };
      expect((await client.ask({ headers, body })).status).toBe(200);
    };
    const lines = () => readFileSync(path, 'utf8').split('\n').filter(Boolean);
    const has = (requestId: string) =>
      lines().some((text) => logLine(text)?.['requestId'] === requestId);
    const count = async (name: string) =>
      sumOf(await scrape(`http://127.0.0.1:${port}`), name, { level: 'info' });
    await eventually('the service', async () => {
      const { status } = await client.ask({ method: 'GET', path: '/health/ready' });
      return status === 200 ? true : undefined;
    });

    fill(filler);
    // Some still fit into the last page of the log; then two that are tried a second apart.
    let asked = 0;
    const firstFault = await eventually('a dropped line', async () => {
      await ask(`full-${(asked += 1)}`);
      return (await count('regno_log_lines_dropped_total')) > 0 ? performance.now() : undefined;
    });
    await eventually('a second fault', async () => {
      await ask(`full-${(asked += 1)}`);
      return performance.now() > firstFault + 1500 ? true : undefined;
    });
    const written = lines().length;

    rmSync(filler);
    await eventually('a line once there is room', async () => {
      await ask(`room-${(asked += 1)}`);
      return has(`room-${asked}`) ? true : undefined;
    });
    await ask('after');
    await eventually('the next line', () => Promise.resolve(has('after') || undefined));
    expect(lines().slice(written).map(logLine)).not.toContain(undefined);
    client.close();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});

/** Takes what room is left on the disk of `path`. */
function fill(path: string): void {
  const fd = openSync(path, 'w');
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096));
  } catch (error) {
    expect(error).toHaveProperty('code', 'ENOSPC');
  } finally {
    closeSync(fd);
  }
}

describe('the document', () => {
  it('names every message that the code logs', () => {
    const sources = readdirSync(join(ROOT, 'app'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(join(ROOT, 'app', name), 'utf8'));
    const messages = sources.flatMap((source) =>
      [...source.matchAll(/log\.(?:error|warn|info|debug)\(\s*['`]([^'`$:]+)/g)].map(
        ([, message = '']) => message.trim(),
      ),
    );
    expect(messages.length).toBeGreaterThan(10);
    expect(messages.filter((message) => !DOCUMENT.includes(message))).toEqual([]);
  });
});

describe('lines about requests', () => {
  const request: FinishedRequest = {
    requestId: 'r',
    route: '/reg/',
    method: 'POST',
    status: 200,
    startedAt: 0,
    seconds: 0.001,
    refusal: undefined,
    errorCode: undefined,
    faultyFields: undefined,
    answerSource: 'memory',
    body: Buffer.from(JSON.stringify(READING)),
    trace: undefined,
  };

  function logOf(options: { sampleRatio: number; linesPerSecond: number }) {
    const written: Line[] = [];
    const counts = { dropped: 0, pseudonyms: 0 };
    let time = 0;
    const log = new RequestLog({
      log: {
        isLevelEnabled: () => true,
        log: ((...line: [string, string, Line]) => written.push(line[2])) as never,
      },
      onDropped: () => (counts.dropped += 1),
      pseudonyms: () => {
        counts.pseudonyms += 1;
        return undefined;
      },
      slowSeconds: 0.25,
      now: () => time,
      random: () => 0.5,
      ...options,
    });
    return { log, written, counts, pass: (seconds: number) => (time += seconds) };
  }

  it('cost nothing where they are not written: no plate is looked at', () => {
    const { log, written, counts } = logOf({ sampleRatio: 0.001, linesPerSecond: 10 });
    for (let i = 0; i < 1000; i += 1) log.finished(request);
    expect(written).toEqual([]);
    expect(counts).toEqual({ dropped: 0, pseudonyms: 0 });
  });

  it('are written for what is slow, refused, failed or aborted, whatever the sample', () => {
    const { log, written } = logOf({ sampleRatio: 0, linesPerSecond: 10 });
    log.finished({ ...request, seconds: 0.3 });
    log.finished({ ...request, status: 400, refusal: 'bad_request' });
    log.finished({ ...request, status: 500, refusal: 'internal' });
    log.finished({ ...request, status: 'aborted' });
    expect(written).toHaveLength(4);
    expect(written[0]).toHaveProperty('slow', true);
  });

  it('are limited in number, and those held back are counted and cost no HMAC', () => {
    const { log, written, counts, pass } = logOf({ sampleRatio: 1, linesPerSecond: 3 });
    for (let i = 0; i < 10; i += 1) log.finished(request);
    expect(written).toHaveLength(3);
    expect(counts).toEqual({ dropped: 7, pseudonyms: 3 });
    pass(1);
    log.finished(request);
    expect(written).toHaveLength(4);
  });
});
