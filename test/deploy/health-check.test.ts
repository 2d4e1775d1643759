import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../deploy/image/health-check.mjs');
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

async function listen(host: string, status = 200): Promise<string> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/health/ready' ? status : 404;
    response.end();
  }).listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return String((server.address() as AddressInfo).port);
}

/** @returns what it prints, beginning with its exit code */
async function check(env: Record<string, string>, ...args: readonly string[]): Promise<string> {
  const run = promisify(execFile)(process.execPath, [SCRIPT, ...args], { env });
  const { code, stdout } = await run.then(
    (done) => ({ code: 0, ...done }),
    (failed: unknown) => failed as { code: number; stdout: string },
  );
  return `${code}: ${stdout.trim()}`;
}

describe('the health check of the images', () => {
  it.each([
    ['127.0.0.1', undefined],
    ['0.0.0.0', '0.0.0.0'],
    ['127.0.0.1', ''],
    // All of 127/8 is this machine's, and a service on one of them does not answer on another.
    ['127.0.0.2', '127.0.0.2'],
    ['127.0.0.1', 'localhost'],
  ])('asks a service on %s where HOST is %s', async (listening, host) => {
    const port = await listen(listening);
    const env = host === undefined ? { PORT: port } : { PORT: port, HOST: host };
    expect(await check(env)).toMatch(/^0: .* answered 200$/);
  });

  it.skipIf(!hasIpv6).each([
    ['::1', '::1'],
    ['::', '::'],
  ])('asks a service on %s where HOST is %s', async (listening, host) => {
    const port = await listen(listening);
    expect(await check({ PORT: port, HOST: host })).toMatch(/^0: .* answered 200$/);
  });

  it('fails where nobody answers on that address, or not well', async () => {
    const port = await listen('127.0.0.1');
    expect(await check({ PORT: port, HOST: '127.0.0.2' })).toMatch(
      /^1: .*127\.0\.0\.2.*ECONNREFUSED/,
    );
    const unready = await listen('127.0.0.1', 503);
    expect(await check({ PORT: unready })).toMatch(/^1: .* answered 503$/);
  });

  it('asks for a port that it is given on the loopback address, whatever HOST is', async () => {
    const port = await listen('127.0.0.1');
    const given = await check({ HOST: '127.0.0.2' }, '/health/ready', port);
    expect(given).toMatch(/^0: .* answered 200$/);
  });
});
