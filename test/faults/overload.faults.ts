import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { median } from '../../bench/report.js';
import { TestProcess } from '../testing/child-process.js';
import { HttpClient } from '../testing/http-client.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { RawConnection, exchange } from '../testing/raw-http.js';
import { API_KEY, ROOT, startService, type Service } from '../testing/start-service.js';
import { CLIENT_CORE, bindToServiceCore, hasTwoCores, startHog } from './cpu-cores.js';
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
/** Beside so many, the service has a quarter of a core: one core of clients can overload that. */
const HOGS = 3;
/**
 * Share of the peak below which goodput has collapsed. Each client that gives up costs a connection,
 * which costs about as much as a decision; measured: 0.4 to 0.7, and 0 to 0.2 where the primary
 * hands connections out.
 */
const LIVELOCK = 0.3;
const DEFAULT_BACKLOG = 511;
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
      const { peak, under, probes } = await inTurns(() => 4 * PEAK_CLIENTS);
      tell('overload: 4 x the clients', peak, under);
      expect(under.goodPerSecond).toBeGreaterThan(0.8 * peak.goodPerSecond);
      expect(probes).toEqual(probes.map(() => 200));
    },
  );

  // The queue of new connections is longer than such clients' patience: who is accepted has left. A short
  // one keeps most of the peak, and makes a thousand clients that come at once for the first time wait.
  it.skipIf(!hasTwoCores()).each([
    { backlog: DEFAULT_BACKLOG, share: LIVELOCK },
    { backlog: 32, share: 0.6 },
  ])(
    'by clients that ask for four times its peak and never rest, with $backlog of them in the queue, it keeps $share',
    async ({ backlog, share }) => {
      await startBound({ REGNO_BACKLOG: String(backlog) });
      for (let i = 0; i < HOGS; i += 1) hogs.push(startHog());
      const { peak, under, probes } = await inTurns((peakPerSecond) =>
        Math.min(Math.round((4 * peakPerSecond * PATIENCE_MS) / 1000), CLIENTS_MAX),
      );
      tell(`overload: 4 x the peak asked for, REGNO_BACKLOG=${backlog}`, peak, under);
      expect(under.askedPerSecond).toBeGreaterThan(2 * peak.goodPerSecond);
      expect(under.goodPerSecond).toBeGreaterThan(share * peak.goodPerSecond);
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

/** One worker on a core of its own; the clients come from many addresses of this machine. */
async function startBound(env: Readonly<Record<string, string>> = {}): Promise<void> {
  service = await startService({ env: { WORKERS: '1', HOST: '0.0.0.0', ...env } });
  bindToServiceCore([service.process.pid, ...service.workerPids()]);
  await askWith(PEAK_CLIENTS, PATIENT_MS);
}

/** What a crowd saw: medians over the rounds, and sums of what was not answered. */
interface CrowdFigures {
  readonly askedPerSecond: number;
  readonly goodPerSecond: number;
  readonly goodMedianMs: number;
  readonly shed: number;
  readonly gaveUp: number;
  readonly lost: number;
}

/** Peak and overload in turns, as the speed of a machine that others share changes by the second. */
async function inTurns(clientsFor: (peakPerSecond: number) => number): Promise<{
  peak: CrowdFigures;
  under: CrowdFigures;
  probes: readonly number[];
}> {
  const peaks: ImpatientCounts[] = [];
  const overloads: ImpatientCounts[] = [];
  const statuses: number[] = [];
  for (let round = 0; round < OVERLOAD_ROUNDS; round += 1) {
    const peak = await askWith(PEAK_CLIENTS, PATIENT_MS);
    peaks.push(peak);
    const { counts, probes } = await overload(clientsFor(peak.good / peak.seconds));
    overloads.push(counts);
    statuses.push(...probes);
  }
  return { peak: figuresOf(peaks), under: figuresOf(overloads), probes: statuses };
}

function figuresOf(rounds: readonly ImpatientCounts[]): CrowdFigures {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value);
  return {
    askedPerSecond: median(rounds.map(({ attempts, seconds }) => attempts / seconds)),
    goodPerSecond: median(rounds.map(({ good, seconds }) => good / seconds)),
    goodMedianMs: median(rounds.map(({ goodMedianMs }) => goodMedianMs)),
    shed: sum(rounds.map(({ shed }) => shed)),
    gaveUp: sum(rounds.map(({ gaveUp }) => gaveUp)),
    lost: sum(rounds.map(({ reset, other }) => reset + other)),
  };
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

function tell(fault: string, peak: CrowdFigures, under: CrowdFigures): void {
  record(fault, {
    peakPerSecond: Math.round(peak.goodPerSecond),
    askedOfPeak: under.askedPerSecond / peak.goodPerSecond,
    goodOfPeak: under.goodPerSecond / peak.goodPerSecond,
    goodMedianMs: under.goodMedianMs,
    shed: under.shed,
    gaveUp: under.gaveUp,
    lost: under.lost,
  });
}
