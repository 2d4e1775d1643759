import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { percentileOf } from '../../generator/latency.js';
import type { ProveResult } from '../../generator/prove.js';
import { expect } from 'vitest';
import { TestProcess } from '../testing/child-process.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { API_KEY, ROOT, type Service } from '../testing/start-service.js';
import { record } from './record.js';
import { P99_MS_MAX, RATE, RECOVERY_MS, WITNESS_SECONDS } from './settings.js';

/** What a client saw of the service while something went wrong. */
export interface Witnessed {
  readonly result: ProveResult;
  /** Of the warm-up too: no request may hide there. */
  readonly errors: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const WARM_UP_SECONDS = 2;
/** Of the measured time, before the fault: all the rest is with it. */
const CALM_MS = 300;
/** Requests in flight at most; many more than a healthy service needs at this rate. */
export const WITNESS_CONNECTIONS = 32;

/**
 * Runs the load generator against a service, open loop, and does something to the service once the
 * measurement has begun.
 *
 * @param fault names the record
 * @param act begins the fault; it may end it too, or go on with it until `isOver`, else the fault
 *   lasts until the witness is done
 * @throws Error where the generator could not keep its schedule: then nothing was shown
 */
export async function witness(
  fault: string,
  service: Service,
  act: (isOver: () => boolean) => void | Promise<void>,
  seconds = WITNESS_SECONDS,
): Promise<Witnessed> {
  const folder = mkdtempSync(join(tmpdir(), 'regno-witness-'));
  const json = join(folder, 'result.json');
  const metricsPort = await freePort();
  const { PATH = '' } = process.env;
  const generator = new TestProcess({
    command: process.execPath,
    args: [
      join(ROOT, 'dist/generator/main.js'),
      ...['prove', '--url', `${service.url}/reg/`, '--key', API_KEY, '--rate', `${RATE}`],
      ...['--duration', `${seconds}s`, '--warmup', `${WARM_UP_SECONDS}s`, '--repeat', '0.5'],
      ...['--connections', `${WITNESS_CONNECTIONS}`, '--p99', 'none', '--p999', 'none'],
      ...['--errors', 'none', '--json', json, '--metrics-port', `${metricsPort}`],
    ],
    env: { PATH },
  });
  try {
    await eventually('traffic of the witness', async () => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      return /regno_generator_requests_total\{outcome="ok"\} [1-9]/.test(text) ? true : undefined;
    });
    await delay(WARM_UP_SECONDS * 1000 + CALM_MS);
    let isOver = false;
    void generator.exited.then(() => (isOver = true));
    await act(() => isOver);
    const { code } = await generator.exited;
    if (code !== 0) {
      throw new Error(`the witness saw nothing that counts:\n${generator.text}`);
    }
    const result = JSON.parse(readFileSync(json, 'utf8')) as ProveResult;
    return testify(fault, result);
  } finally {
    await generator.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is promised to a client with a key, whatever happens to regno that costs no worker. */
export function expectUndisturbed(seen: Witnessed): void {
  expect(seen.errors).toBe(0);
  expect(seen.p99Ms).toBeLessThanOrEqual(P99_MS_MAX);
}

/**
 * Waits until all is as before a fault, from its end on, and records how long that took.
 *
 * @param isBack waits for no longer than it is given, and throws then
 */
export async function recover<T>(
  fault: string,
  isBack: (timeoutMs: number) => Promise<T>,
): Promise<T> {
  const endedAt = performance.now();
  const state = await isBack(RECOVERY_MS);
  record(fault, { backMs: performance.now() - endedAt });
  return state;
}

function testify(fault: string, result: ProveResult): Witnessed {
  const seen = {
    errors: result.errors + result.warmUp.errors,
    p90Ms: percentileOf(result.latency, 90),
    p99Ms: percentileOf(result.latency, 99),
    maxMs: result.latency.max,
  };
  record(fault, { requests: result.requests + result.warmUp.requests, ...seen });
  return { result, ...seen };
}
