import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { percentileOf } from '../../generator/latency.js';
import type { ProveResult } from '../../generator/prove.js';
import { EXIT_CODES } from '../../generator/verdict.js';
import { TestProcess } from '../testing/child-process.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../testing/free-port.js';
import { API_KEY, ROOT, type Service } from '../testing/start-service.js';
import { record } from './record.js';
import { RATE, WITNESS_SECONDS } from './settings.js';

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

export interface WitnessOptions {
  readonly seconds?: number;
  /**
   * Says that requests are counted and latencies are not judged: then a generator that was late now
   * and then, on a machine that had other things to do, is a good enough witness.
   */
  readonly countsOnly?: boolean;
}

/**
 * Runs the load generator against a service, open loop, and does something to the service once the
 * measurement has begun.
 *
 * @param fault names the record
 * @param act begins the fault; it may end it too, else the fault lasts until the witness is done
 * @throws Error where the generator could not keep its schedule: then nothing was shown
 */
export async function witness(
  fault: string,
  service: Service,
  act: () => void | Promise<void>,
  options: WitnessOptions = {},
): Promise<Witnessed> {
  const { seconds = WITNESS_SECONDS, countsOnly = false } = options;
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
    await act();
    const { code } = await generator.exited;
    if (code !== 0 && !(countsOnly && code === EXIT_CODES['not-valid'])) {
      throw new Error(`the witness saw nothing that counts:\n${generator.text}`);
    }
    const result = JSON.parse(readFileSync(json, 'utf8')) as ProveResult;
    return testify(fault, result);
  } finally {
    await generator.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
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
