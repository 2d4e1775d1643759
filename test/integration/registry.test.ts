import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { shippedModelPath } from '../../app/config/load-config.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { copyModelFolder, falsifyGolden, writeOtherModel } from '../testing/other-model.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, launchService, logLine, startService } from '../testing/start-service.js';
import type { Service } from '../testing/start-service.js';
import { SteadyLoad } from '../testing/steady-load.js';
import { TestRegistry } from '../testing/test-registry.js';

vi.setConfig({ testTimeout: 300_000 });

const BODIES = makeReadings(500, 7).map((reading) => JSON.stringify(reading));
const folder = mkdtempSync(join(tmpdir(), 'regno-served-registry-'));
const root = join(folder, 'registry');
const registry = new TestRegistry(root);
const promote = (version: string) => registry.promoteVersion(version);
const ENV = {
  MODEL: 'pick-regno@champion',
  REGNO_REGISTRY: root,
  REGNO_REGISTRY_POLL_MS: '200',
};

async function answer(service: Service): Promise<{ status: number; digest: string }> {
  const headers = { 'content-type': 'application/json', 'x-api-key': API_KEY };
  const body = JSON.stringify(EXAMPLE_READING);
  const response = await fetch(`${service.url}/reg/`, { method: 'POST', headers, body });
  await response.text();
  return { status: response.status, digest: response.headers.get('x-model-digest') ?? '' };
}

/** Waits until all workers serve a version, by the service's own metric. */
async function serves(service: Service, version: string): Promise<void> {
  const digest = registry.digests.get(version) ?? '';
  await eventually(`all workers serve ${version}`, async () => {
    const samples = await scrape(service.url);
    const isAll = sumOf(samples, 'regno_model_info', { version }) === 2;
    return isAll && sumOf(samples, 'regno_model_info') === 2 ? true : undefined;
  });
  expect(await answer(service)).toEqual({ status: 200, digest });
}

beforeAll(async () => {
  await registry.pushFrom(shippedModelPath(), '1.0.0');
  await registry.pushFrom(await writeOtherModel(), '1.1.0');
  const wrong = await copyModelFolder();
  falsifyGolden(wrong);
  await registry.pushFrom(wrong, '2.0.0');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a service of a registry', () => {
  it('follows the champion, and loses no request where it changes', async () => {
    await promote('1.0.0');
    const service = await startService({ env: ENV });
    await serves(service, '1.0.0');
    const clients = SteadyLoad.start({
      port: service.port,
      connections: 4,
      body: (n) => BODIES[n % BODIES.length] ?? '',
    });
    await clients.more(100);
    for (const version of ['1.1.0', '1.0.0']) {
      const promotedAt = performance.now();
      await (version === '1.1.0'
        ? promote(version)
        : registry.rollback('pick-regno', TestRegistry.CHANGE));
      await service.process.line(
        (text) => logLine(text)?.['to']?.toString().includes(`@${version}`) === true,
      );
      await serves(service, version);
      expect(performance.now() - promotedAt).toBeLessThan(20_000);
      await clients.more(100);
    }
    const seen = await clients.stop();
    expect({ statuses: [...seen.statuses], lost: seen.lost }).toEqual({ statuses: [], lost: 0 });
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  });

  it('stays with what it has where the new one is wrong, and asks once', async () => {
    await promote('1.0.0');
    const service = await startService({ env: ENV });
    await serves(service, '1.0.0');
    await promote('2.0.0');
    const refused = await service.process.line((text) => text.includes('reload refused'));
    expect(logLine(refused)?.['reason']).toMatch(/failed its golden check: 1 of 202 rows/);
    await serves(service, '1.0.0');
    const status = await fetch(`${service.url}/status.json`, { headers: { 'x-api-key': API_KEY } });
    expect(await status.json()).toMatchObject({ state: 'degraded' });
    // Several polls later nothing more was tried.
    const lines = service.process.lines.length;
    await promote('1.1.0');
    await serves(service, '1.1.0');
    const samples = await scrape(service.url);
    expect(sumOf(samples, 'regno_reloads_total', { result: 'refused' })).toBe(1);
    expect(sumOf(samples, 'regno_reloads_total', { result: 'done' })).toBe(1);
    expect(service.process.lines.slice(lines).join('\n')).not.toContain('reload refused');
    await service.stop();
  });

  it('stays with what it has while files of the new one are damaged, or nothing is there', async () => {
    await promote('1.0.0');
    const service = await startService({ env: ENV });
    await serves(service, '1.0.0');
    await promote('1.1.0');
    await serves(service, '1.1.0');
    const graph = join(root, 'pick-regno/versions/1.0.0/model.onnx');
    const bytes = readFileSync(graph);
    const target = (await registry.deployment('pick-regno'))?.history[0]?.aliases['champion'];
    writeFileSync(graph, bytes.subarray(0, 5000));
    // The registry's own commands refuse it; somebody writes the deployment without them.
    await expect(promote('1.0.0')).rejects.toMatchObject({ code: 'damaged-version' });
    const stored = await registry.store.deployment('pick-regno');
    const deployment = JSON.parse(stored?.text ?? '') as Record<string, unknown>;
    const forged = JSON.stringify({ ...deployment, aliases: { champion: target } });
    await registry.store.deploy('pick-regno', forged, stored?.etag);
    const refused = await service.process.line((text) => text.includes('reload refused'));
    expect(logLine(refused)?.['reason']).toMatch(/1\.0\.0: model\.onnx has 5000 bytes, expected/);
    await serves(service, '1.1.0');

    writeFileSync(graph, bytes);
    renameSync(root, `${root}.gone`);
    await service.process.line((text) => text.includes('the registry cannot be read'));
    expect(sumOf(await scrape(service.url), 'regno_registry_up')).toBe(0);
    expect((await answer(service)).status).toBe(200);
    renameSync(`${root}.gone`, root);
    await service.process.line((text) => text.includes('the registry can be read again'));
    await promote('1.0.0');
    await serves(service, '1.0.0');
    await service.stop();
  });

  it('starts with what served last where the registry cannot be read, and follows it again', async () => {
    await promote('1.1.0');
    const env = { ...ENV, REGNO_MODEL_CACHE: join(folder, 'cache') };
    const first = await startService({ env });
    await serves(first, '1.1.0');
    await promote('1.0.0');
    await serves(first, '1.0.0');
    await first.stop();
    renameSync(root, `${root}.gone`);
    const second = await startService({ env });
    expect(second.process.text).toContain(
      'cannot be served: the service starts with what served last',
    );
    await serves(second, '1.0.0');
    const status = await fetch(`${second.url}/status.json`, { headers: { 'x-api-key': API_KEY } });
    expect(await status.json()).toMatchObject({
      state: 'degraded',
      reasons: [expect.stringContaining('what MODEL names cannot be served') as string],
    });
    renameSync(`${root}.gone`, root);
    await promote('1.1.0');
    await serves(second, '1.1.0');
    // What was kept is trusted no more than the registry itself.
    await second.stop();
    const kept = join(folder, 'cache/pick-regno/versions/1.1.0/model.onnx');
    writeFileSync(kept, readFileSync(kept).subarray(0, 5000));
    renameSync(root, `${root}.gone`);
    const third = launchService({ env });
    expect((await third.exited).code).toBe(1);
    renameSync(`${root}.gone`, root);
  });

  it('starts with what served last where no worker can serve what the registry names', async () => {
    await promote('1.1.0');
    const env = { ...ENV, REGNO_MODEL_CACHE: join(folder, 'another-cache') };
    const first = await startService({ env });
    await serves(first, '1.1.0');
    await first.stop();
    await promote('2.0.0');
    const second = await startService({ env });
    await second.process.line((text) => text.includes('starts with what served last'));
    await serves(second, '1.1.0');
    expect(sumOf(await scrape(second.url), 'regno_last_reload_successful')).toBe(0);
    await promote('1.0.0');
    await serves(second, '1.0.0');
    expect(sumOf(await scrape(second.url), 'regno_last_reload_successful')).toBe(1);
    await second.stop();
  });

  it.each([
    ['pick-regno@nobody', root, /no version and no alias nobody.*\(?/],
    ['other@champion', root, /has no model other; it has pick-regno/],
    ['pick-regno@champion', undefined, /set REGNO_REGISTRY/],
    ['pick-regno@champion', 's3://bucket/models', /expected the path of a folder/],
  ])('does not start with MODEL=%s and REGNO_REGISTRY=%s', async (MODEL, place, words) => {
    const service = launchService({
      env: { MODEL, ...(place === undefined ? {} : { REGNO_REGISTRY: place }) },
    });
    expect((await service.exited).code).toBe(1);
    expect(service.text).toMatch(words);
  });
});
