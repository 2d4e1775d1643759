import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { once } from 'node:events';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { MaxResult } from './max.js';
import type { ProveResult } from './prove.js';
import { startProgram } from './testing/start-program.js';
import { startTruthServer, type TruthServer } from './testing/start-server.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'regno-generator-'));
afterAll(() => rmSync(folder, { recursive: true }));

let server: TruthServer | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

const SLOW = { timeout: 60_000 };
// On a busy machine a send may be late; that is tested elsewhere.
const SHORT = ['-r', '100', '-d', '1', '--warmup', '0', '--late', '1'];

describe('prove ends with a code that scripts can trust', () => {
  it.each([
    { what: 'passed', mode: ['echo'], args: ['--p99', '5000'], code: 0, says: 'PASSED' },
    { what: 'too slow', mode: ['delay', 50], args: ['--p99', '20'], code: 1, says: 'FAILED' },
    { what: 'errors', mode: ['errors', 50], args: ['--p99', '5000'], code: 1, says: '2 errors' },
    {
      what: 'errors within the limit',
      mode: ['errors', 50],
      args: ['--p99', '5000', '--errors', '2'],
      code: 0,
      says: '2 errors (limit 2)',
    },
    { what: 'no such file', mode: ['echo'], args: ['--data', 'no-such.csv'], code: 2, says: '' },
  ])('$what: $code', SLOW, async ({ mode, args, code, says }) => {
    server = await startTruthServer(...mode);
    const ended = await startProgram(['prove', '-u', server.url, ...SHORT, ...args]).ended;
    expect(ended.stdout).toContain(says);
    expect(ended.code).toBe(code);
  });

  it('interrupted: 3, with what was measured until then', SLOW, async () => {
    server = await startTruthServer('echo');
    const run = startProgram(['-u', server.url, '-r', '100', '-d', '60', '--warmup', '0']);
    await run.said(/ s {2}/);
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(stdout).toContain('NOT VALID: the run was interrupted before its end');
    expect(code).toBe(3);
  });
});

describe('wrong usage ends with 2 and says what was expected', () => {
  it.each([
    [['prove', '--rate', 'fast'], /Expected a number from/],
    [['prove', '--duration', '5 days'], /Expected a time such as/],
    [['prove', '--url', 'localhost:8080'], /Expected http/],
    [['prove', '--repeat', '30'], /Expected a number from 0 to 1/],
    [['prove', '--header', 'nonsense'], /Expected "name: value"/],
    [['max', '--engine', 'wrk'], /Allowed choices are autocannon, lean/],
    [['prove', '--colour'], /unknown option/],
  ])('%j', SLOW, async (args, words) => {
    const { code, stderr } = await startProgram(args).ended;
    expect(stderr).toMatch(words);
    expect(code).toBe(2);
  });

  it('no key in production', SLOW, async () => {
    const environment = { ...process.env, NODE_ENV: 'production', API_KEY: '' };
    const { code, stderr } = await startProgram(['prove', ...SHORT], environment).ended;
    expect(stderr).toContain('No key: give --key or set API_KEY');
    expect(code).toBe(2);
  });
});

describe('help', () => {
  it.each([
    ['prove', ['"?60s"?', '"?5s"?', '"?10s"?'], 'npm run load'],
    ['max', ['"?10s"?', '"?2s"?'], 'npm run load:max'],
    ['drive', ['"?1h"?', '"?10s"?'], 'npm run drive'],
  ])(
    'of %s shows times with their units, and commands that exist',
    SLOW,
    async (name, times, npm) => {
      const { code, stdout } = await startProgram([name, '--help']).ended;
      expect(code).toBe(0);
      for (const time of times) expect(stdout).toMatch(new RegExp(`default: ${time}\\)`));
      expect(stdout).not.toMatch(/default: \d+000\)/);
      expect(stdout).toContain(`Usage: npx tsx generator/main.ts ${name} `);
      expect(stdout).toContain(`  ${npm} `);
      expect(stdout).not.toContain('regno-generator');
    },
  );
});

describe('output that nobody takes', () => {
  it('is no failure where the reader has gone', SLOW, async () => {
    const run = startProgram(['prove', '--help']);
    run.child.stdout.destroy();
    expect(await run.ended).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('of a run that failed leaves its code, and its report in the file', SLOW, async () => {
    server = await startTruthServer('errors', 50);
    const json = path.join(folder, 'unread.json');
    const run = startProgram(['prove', '-u', server.url, '--json', json, ...SHORT]);
    run.child.stdout.destroy();
    const { code, stderr } = await run.ended;
    expect(code).toBe(1);
    expect(stderr).not.toContain('EPIPE');
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ mode: 'prove', errors: 2 });
  });

  it.each([
    ['/dev/full', 'ENOSPC', true],
    [path.join(folder, 'no/file'), 'ENOENT', false],
  ])(
    'says of --json %s what is wrong: %s, and whether it ran: %s',
    SLOW,
    async (json, code, ran) => {
      server = await startTruthServer('echo');
      const load = ['-u', server.url, '-e', 'lean', '-c', '4', '-n', '20', '--warmup', '0'];
      const end = await startProgram(['max', ...load, '--json', json]).ended;
      expect(end.stdout.includes('closed loop')).toBe(ran);
      expect(end.stderr).toMatch(
        new RegExp(
          `^${json} cannot be written \\(${code}: .*\\); correct the path, make room, or write to another place\\n$`,
        ),
      );
      expect(end.code).toBe(2);
    },
  );

  it('is not opened before its report where it is a pipe', SLOW, async () => {
    server = await startTruthServer('echo');
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const report = readFile(pipe, 'utf8');
    const load = ['-u', server.url, '-e', 'lean', '-c', '4', '-n', '20', '--warmup', '0'];
    const end = await startProgram(['max', ...load, '--json', pipe]).ended;
    expect(end.stderr).toBe('');
    expect(JSON.parse(await report)).toMatchObject({ mode: 'max' });
  });

  it('does not make a file before its report', SLOW, async () => {
    const json = path.join(folder, 'stopped.json');
    const run = startProgram([
      'prove',
      '-u',
      'http://127.0.0.1:1',
      '--json',
      json,
      '--duration',
      '60',
    ]);
    await run.said(/./);
    run.child.kill('SIGKILL');
    await run.ended;
    expect(existsSync(json)).toBe(false);
  });

  it('does not cost the report that can be written', SLOW, async () => {
    server = await startTruthServer('echo');
    const html = path.join(folder, 'written.html');
    const files = ['--json', '/dev/full', '--html', html];
    const end = await startProgram(['prove', '-u', server.url, ...SHORT, ...files]).ended;
    expect(end.stderr).toContain('/dev/full cannot be written (ENOSPC');
    expect(end.code).toBe(2);
    expect(readFileSync(html, 'utf8')).toContain('<!doctype html>');
  });

  it('to a full device is one line', SLOW, async () => {
    const program = fileURLToPath(new URL('main.ts', import.meta.url));
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['--import', 'tsx', program, '--help'], {
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(stderr).toMatch(
      /^standard output cannot be written \(ENOSPC: [^\n]*\); correct the path[^\n]*\n$/,
    );
  });
});

describe('prove writes', () => {
  it('a JSON file, a page, and metrics while it runs', SLOW, async () => {
    server = await startTruthServer('echo');
    const json = path.join(folder, 'prove.json');
    const html = path.join(folder, 'prove.html');
    const files = ['--json', json, '--html', html, '--metrics-port', '0'];
    const run = startProgram(['prove', '-u', server.url, '--p99', 'none', ...SHORT, ...files]);
    const [, port] = await run.said(/127\.0\.0\.1:(\d+)\/metrics/);
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(await answer.text()).toContain('regno_generator_requests_total');
    const { code } = await run.ended;
    expect(code).toBe(0);
    const result = JSON.parse(readFileSync(json, 'utf8')) as ProveResult;
    expect(result).toMatchObject({ mode: 'prove', requests: 100, errors: 0 });
    expect(result.timeline).toHaveLength(1);
    expect(JSON.stringify(result)).not.toContain('123321');
    expect(readFileSync(html, 'utf8')).toContain('<!doctype html>');
  });
});

describe('max', () => {
  it.each(['autocannon', 'lean'])(
    'by %s sends as many new readings as asked',
    SLOW,
    async (engine) => {
      const bodies = new Set<string>();
      let requests = 0;
      const receiver = http.createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        request.on('end', () => {
          requests += 1;
          bodies.add(body);
          response.end('{"body":{"negative":0.25,"positive":0.75},"status":"ok"}');
        });
      });
      receiver.listen(0, '127.0.0.1');
      await once(receiver, 'listening');
      const { port } = receiver.address() as net.AddressInfo;
      const json = path.join(folder, `${engine}.json`);
      const load = ['-u', `http://127.0.0.1:${port}`, '-c', '8', '-n', '2000', '--warmup', '0'];
      const { code, stdout } = await startProgram(['--max', '-e', engine, ...load, '--json', json])
        .ended;
      receiver.close();
      receiver.closeAllConnections();
      expect([code, requests, bodies.size]).toEqual([0, 2_000, 2_000]);
      const result = JSON.parse(readFileSync(json, 'utf8')) as MaxResult;
      expect(result).toMatchObject({ mode: 'max', engine, requests: 2_000, errors: 0 });
      expect(result.requestsPerSecond).toBeCloseTo(2_000 / result.seconds, 6);
      expect(stdout + JSON.stringify(result)).not.toMatch(/p99|percentile/);
    },
  );

  it.each(['autocannon', 'lean'])('by %s fails where errors came', SLOW, async (engine) => {
    server = await startTruthServer('errors', 10, 503);
    const load = ['-u', server.url, '-c', '4', '-n', '200', '--warmup', '0'];
    const { code, stdout } = await startProgram(['max', '-e', engine, ...load]).ended;
    expect(stdout).toMatch(/FAILED: .* but 20 errors/);
    expect(code).toBe(1);
  });
});

describe('drive', () => {
  it('goes on while its target is down, and counts it', SLOW, async () => {
    server = await startTruthServer('echo');
    const flags = ['-r', '100', '--day-length', '1h', '--start-at', '8', '--metrics-port', '0'];
    const run = startProgram(['drive', '-u', server.url, '--faulty', '0', ...flags]);
    const [, port] = await run.said(/127\.0\.0\.1:(\d+)\/metrics/);
    const count = async (outcome: string): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const line = new RegExp(`requests_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text);
      return Number(line?.[1]);
    };
    await expect.poll(() => count('ok'), { timeout: 20_000 }).toBeGreaterThan(50);
    await server.stop();
    server = null;
    await expect.poll(() => count('not_sent'), { timeout: 20_000 }).toBeGreaterThan(50);
    expect(await count('connect')).toBeGreaterThanOrEqual(3);
    run.child.kill('SIGTERM');
    const { code, stdout } = await run.ended;
    expect(stdout).toMatch(/ok \d+/);
    expect(code).toBe(0);
  });

  it('ends after the time it was given', SLOW, async () => {
    server = await startTruthServer('errors', 1, 400);
    const flags = ['-r', '50', '--start-at', '8', '--for', '1', '--metrics-port', '0'];
    const run = startProgram(['drive', '-u', server.url, '--faulty', '1', ...flags]);
    const { code, stdout } = await run.ended;
    expect(stdout).toMatch(/^refused \d+\n$/);
    expect(code).toBe(0);
  });
});

describe('the help', () => {
  it.each([
    [['--help'], ['prove', 'max', 'drive']],
    [
      ['prove', '--help'],
      ['--rate', 'Examples:', 'Exit:', '--data:'],
    ],
    [
      ['max', '--help'],
      ['--engine', 'Examples:', 'No latency is printed'],
    ],
    [
      ['drive', '--help'],
      ['--day-length', 'Examples:', 'SIGTERM'],
    ],
  ])('%j lists all', SLOW, async (args, words) => {
    const { code, stdout } = await startProgram(args).ended;
    for (const word of words) expect(stdout).toContain(word);
    expect(code).toBe(0);
  });
});
