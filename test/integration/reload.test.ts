import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { EXAMPLE_DECISION, EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { copyModelFolder, falsifyGolden, writeOtherModel } from '../testing/other-model.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, logLine, startService, type Service } from '../testing/start-service.js';
import { SteadyLoad } from '../testing/steady-load.js';

vi.setConfig({ testTimeout: 300_000 });

const BODIES = makeReadings(500, 7).map((reading) => JSON.stringify(reading));

describe('a reload that is refused', () => {
  it.each<[string, (folder: string) => void, RegExp]>([
    ['golden readings that fail', falsifyGolden, /failed its golden check/],
    ['a damaged model', (folder) => cut(join(folder, 'model.cbm')), /SHA-256/],
    ['a broken manifest', (folder) => cut(join(folder, 'manifest.json')), /not valid JSON/],
    ['no model at all', (folder) => rmSync(folder, { recursive: true }), /ENOENT/],
  ])('for %s leaves the old model to all workers that come after', async (_what, damage, words) => {
    const folder = await copyModelFolder();
    const port = String(await freePort());
    const service = await startService({ env: { MODEL: folder, PORT: port } });
    const digest = await digestOf(service);
    const clients = SteadyLoad.start({
      port: service.port,
      connections: 4,
      body: (n) => BODIES[n % BODIES.length] ?? '',
    });
    await clients.more(100);
    damage(folder);
    service.process.signal('SIGHUP');
    const line = await service.process.line((text) => text.includes('reload refused'));
    expect(logLine(line)?.['reason']).toMatch(words);
    await clients.more(100);
    const seen = await clients.stop();
    // No worker with the refused model took a request.
    expect({ statuses: [...seen.statuses], lost: seen.lost }).toEqual({ statuses: [], lost: 0 });

    await eventually('only the old workers', () =>
      Promise.resolve(service.workerPids().length === 2 ? true : undefined),
    );
    for (const count of [1, 2]) {
      const victims = service.workerPids().slice(0, count);
      for (const pid of victims) process.kill(pid, 'SIGKILL');
      await whenServedByOthers(service, victims);
      for (let i = 0; i < 4; i++) expect(await answerOf(service)).toEqual(EXAMPLE_DECISION);
      expect(await digestOf(service)).toBe(digest);
    }
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_reloads_total', { result: 'refused' })).toBe(1);
    expect(sumOf(samples, 'regno_last_reload_successful')).toBe(0);
    const status = await statusOf(service);
    expect(status).toMatchObject({
      state: 'degraded',
      lastReload: { result: 'refused', to: null },
    });
    expect(JSON.stringify(status['reasons'])).toMatch(words);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a reload', () => {
  it('says which model took the place of which, and restarts load the new one', async () => {
    const model = await writeOtherModel();
    const other = readFileSync(model);
    writeFileSync(model, readFileSync(join(await copyModelFolder(), 'model.cbm')));
    const port = String(await freePort());
    const service = await startService({ env: { MODEL: model, PORT: port } });
    const before = await digestOf(service);
    writeFileSync(model, other);
    service.process.signal('SIGHUP');
    const done = logLine(await service.process.line((text) => text.includes('reload done')));
    const after = await digestOf(service);
    expect(after).not.toBe(before);
    expect(done?.['from']).toContain(before.slice(0, 12));
    expect(done?.['to']).toContain(after.slice(0, 12));
    expect(await answerOf(service)).not.toEqual(EXAMPLE_DECISION);
    expect(await statusOf(service)).toMatchObject({ state: 'ok', lastReload: { result: 'done' } });
    expect(sumOf(await scrape(service.url), 'regno_last_reload_successful')).toBe(1);

    // Not what is there by now: a restart is no reload.
    rmSync(model);
    const victims = service.workerPids();
    for (const pid of victims) process.kill(pid, 'SIGKILL');
    await whenServedByOthers(service, victims);
    expect(await digestOf(service)).toBe(after);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('that is asked for during another one is met after it', async () => {
    const service = await startService({ env: { WORKERS: '1' } });
    service.process.signal('SIGHUP');
    await service.process.line((text) => text.includes('replacing the workers'));
    service.process.signal('SIGHUP');
    await service.process.line((text) => text.includes('the reload waits'));
    await eventually('two reloads', async () => {
      const samples = await scrape(service.url);
      return sumOf(samples, 'regno_reloads_total', { result: 'done' }) === 2 ? true : undefined;
    });
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });
});

/** Waits until both workers serve and none of these is left. */
async function whenServedByOthers(service: Service, victims: readonly number[]): Promise<void> {
  await eventually('the killed workers are gone', () =>
    Promise.resolve(service.workerPids().some((pid) => victims.includes(pid)) ? undefined : true),
  );
  await service.whenReady(2);
}

async function answerOf(service: Service): Promise<unknown> {
  const answer = await fetch(`${service.url}/reg/`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(EXAMPLE_READING),
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { body: unknown }).body;
}

async function digestOf(service: Service): Promise<string> {
  const answer = await fetch(`${service.url}/health/ready`, { headers: { connection: 'close' } });
  const { body } = (await answer.json()) as { body: { model: { digest: string } } };
  return body.model.digest;
}

async function statusOf(service: Service): Promise<Record<string, unknown>> {
  const answer = await fetch(`${service.url}/status.json`, { headers: { 'x-api-key': API_KEY } });
  return (await answer.json()) as Record<string, unknown>;
}

function cut(path: string): void {
  writeFileSync(path, readFileSync(path).subarray(0, 200));
}
