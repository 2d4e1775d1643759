import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { median } from '../../tools/report.js';
import { TestProcess } from '../testing/child-process.js';
import {
  CLIENT_CORE,
  SERVICE_CORE,
  bindToServiceCore,
  hasTwoCores,
} from '../../tools/cpu-cores.js';
import { HttpClient } from '../testing/http-client.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { RawConnection, exchange } from '../testing/raw-http.js';
import { API_KEY, ROOT, startService, type Service } from '../testing/start-service.js';
import type { ImpatientCounts, ImpatientPlan } from './impatient-clients.js';
import { record } from './record.js';
import { OVERLOAD_ROUNDS, OVERLOAD_SECONDS } from './settings.js';

const PROGRAM = fileURLToPath(new URL('./impatient-clients.ts', import.meta.url));
/** As many as it takes for the service to answer as fast as it can. */
const PEAK_CLIENTS = 128;
const PATIENCE_MS = 100;
const PATIENT_MS = 10_000;
/** More of them, and the client's own core is what is measured. */
const CLIENTS_MAX = 1600;
/** Beside so many, the service has a quarter of its core. */
const HOGS = 3;
/** Of the peak, under whatever overload. */
const SHARE_KEPT = 0.8;
const PROBE_EVERY_MS = 250;

let service: Service;
const hogs: TestProcess[] = [];

afterEach(async () => {
  await Promise.all(hogs.splice(0).map((hog) => hog.end('SIGKILL')));
  await service.stop();
});

if (!hasTwoCores()) console.warn('overload is not tested: it takes two cores and taskset');

describe('under overload', () => {
  it.skipIf(!hasTwoCores())(
    'by four times as many clients, without patience, as it takes for its peak, it keeps 80 % of that',
    async () => {
      await startBound();
      const { kept, probes } = await inTurns('overload: 4 x the clients', () => 4 * PEAK_CLIENTS);
      expect(kept).toBeGreaterThan(SHARE_KEPT);
      expect(probes).toEqual(probes.map(() => 200));
    },
  );

  it.skipIf(!hasTwoCores())(
    'by clients that ask for four times its peak and never rest it keeps 80 % of that',
    async () => {
      await startBound();
      const { asked, kept, probes } = await inTurns(
        'overload: 4 x the peak asked for',
        (peakPerSecond) =>
          Math.min(Math.round((4 * peakPerSecond * PATIENCE_MS) / 1000), CLIENTS_MAX),
      );
      expect(asked).toBeGreaterThan(2);
      expect(kept).toBeGreaterThan(SHARE_KEPT);
      expect(probes).toEqual(probes.map(() => 200));
    },
  );

  it('refuses with reason and Retry-After, and answers health and metrics', async () => {
    const inflightMax = 8;
    service = await startService({
      env: { WORKERS: '1', REGNO_INFLIGHT_MAX: String(inflightMax) },
    });
    const head = `POST /reg/ HTTP/1.1\r\nhost: regno\r\nx-api-key: ${API_KEY}\r\n`;
    const unfinished = await Promise.all(
      Array.from({ length: inflightMax }, async () => {
        const connection = await RawConnection.open(service.port);
        await connection.write(`${head}content-length: 100\r\n\r\n{`);
        return connection;
      }),
    );
    const { answers, ending } = await exchange(service.port, `${head}content-length: 100\r\n\r\n{`);
    expect(answers.map(({ status }) => status)).toEqual([503]);
    expect(answers[0]?.headers.get('retry-after')).toMatch(/^[1-3]$/);
    expect(answers[0]?.body).toContain('too many requests are in flight');
    expect(ending).not.toBe('open');
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_refusals_total', { reason: 'overload_inflight' })).toBe(1);
    for (const connection of unfinished) connection.close();
  });
});

/**
 * One worker on a core that it shares with hogs, so that clients on another core can ask for far more than
 * it can do; they come from many addresses of this machine.
 */
async function startBound(): Promise<void> {
  service = await startService({ env: { WORKERS: '1', HOST: '0.0.0.0' } });
  bindToServiceCore([service.process.pid, ...service.workerPids()]);
  await askWith(PEAK_CLIENTS, PATIENT_MS);
  for (let i = 0; i < HOGS; i += 1) hogs.push(startHog());
}

/** What overload left of the peak: medians of the rounds' ratios. */
interface Outcome {
  /** Requests asked for, over the peak. */
  readonly asked: number;
  /** Good answers, over the peak. */
  readonly kept: number;
  /** Statuses of health and metrics meanwhile. */
  readonly probes: readonly number[];
}

/** Peak and overload in turns, as the speed of a machine that others share changes by the second. */
async function inTurns(
  name: string,
  clientsFor: (peakPerSecond: number) => number,
): Promise<Outcome> {
  const rounds: { readonly peak: ImpatientCounts; readonly under: ImpatientCounts }[] = [];
  const probes: number[] = [];
  for (let round = 0; round < OVERLOAD_ROUNDS; round += 1) {
    const peak = await askWith(PEAK_CLIENTS, PATIENT_MS);
    const { counts: under, probes: statuses } = await overload(clientsFor(goodRate(peak)));
    rounds.push({ peak, under });
    probes.push(...statuses);
  }
  const sum = (count: (under: ImpatientCounts) => number): number =>
    rounds.reduce((total, { under }) => total + count(under), 0);
  const kept = rounds.map(({ peak, under }) => goodRate(under) / goodRate(peak));
  const asked = rounds.map(({ peak, under }) => under.attempts / under.seconds / goodRate(peak));
  record(name, {
    peakPerSecond: Math.round(median(rounds.map(({ peak }) => goodRate(peak)))),
    askedOfPeak: median(asked),
    goodOfPeak: median(kept),
    goodOfPeakMin: Math.min(...kept),
    goodOfPeakMax: Math.max(...kept),
    goodMedianMs: median(rounds.map(({ under }) => under.goodMedianMs)),
    shed: sum(({ shed }) => shed),
    gaveUp: sum(({ gaveUp }) => gaveUp),
    lost: sum(({ reset, other }) => reset + other),
  });
  return { asked: median(asked), kept: median(kept), probes };
}

function goodRate({ good, seconds }: ImpatientCounts): number {
  return good / seconds;
}

async function askWith(clients: number, patienceMs: number): Promise<ImpatientCounts> {
  const plan: ImpatientPlan = {
    port: service.port,
    key: API_KEY,
    clients,
    patienceMs,
    warmUpSeconds: 2,
    seconds: OVERLOAD_SECONDS,
  };
  const { PATH = '' } = process.env;
  const crowd = new TestProcess({
    command: 'taskset',
    args: ['-c', CLIENT_CORE, process.execPath, '--import', 'tsx', PROGRAM, JSON.stringify(plan)],
    cwd: ROOT,
    env: { PATH },
  });
  const line = await crowd.line((text) => text.startsWith('{'), 0, 60_000);
  return JSON.parse(line) as ImpatientCounts;
}

/** Overloads the service and asks it meanwhile how it is, on a connection that it has already. */
async function overload(
  clients: number,
): Promise<{ counts: ImpatientCounts; probes: readonly number[] }> {
  const client = new HttpClient(service.port, 1);
  const probes: number[] = [];
  const crowd = askWith(clients, PATIENCE_MS);
  const over = crowd.then(() => true);
  while (!(await Promise.race([over, delay(PROBE_EVERY_MS, false)]))) {
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      const { status } = await client.ask({ method: 'GET', path });
      probes.push(status);
    }
  }
  client.close();
  return { counts: await crowd, probes };
}

/** A process that keeps the service's core busy, so that less of it is left for the service. */
function startHog(): TestProcess {
  const { PATH = '' } = process.env;
  return new TestProcess({
    command: 'taskset',
    args: ['-c', SERVICE_CORE, process.execPath, '-e', 'for (;;);'],
    env: { PATH },
  });
}
