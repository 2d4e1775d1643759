import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedModelPath } from '../../app/config/load-config.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { writeOtherModel } from '../testing/other-model.js';
import { API_KEY, logLine, startService, type Service } from '../testing/start-service.js';
import { TestRegistry } from '../testing/test-registry.js';
import { record } from './record.js';
import { WITNESS_SECONDS } from './settings.js';
import { expectUndisturbed, witness } from './witness.js';

/** From the promotion until every worker serves it. */
const SERVED_MS_MAX = 5000;
const REFRESHES = 30;
/** Between two looks at which model answers. */
const PACE_MS = 10;
/** What a start and the drain of a worker take where two cores are shared with a generator. */
const REFRESH_SECONDS = 4;
/** Memory of a process that came and went so often may differ by what its collector left for later. */
const MEMORY_RATIO_MAX = 1.2;

const folder = mkdtempSync(join(tmpdir(), 'regno-rollout-'));
const registry = new TestRegistry(join(folder, 'registry'));
let service: Service;

beforeAll(async () => {
  await registry.pushFrom(shippedModelPath(), '1.0.0');
  await registry.pushFrom(await writeOtherModel(), '1.1.0');
  await registry.promoteVersion('1.0.0');
  service = await startService({
    env: {
      MODEL: 'pick-regno@champion',
      REGNO_REGISTRY: registry.folder,
      REGNO_MODEL_CACHE: join(folder, 'cache'),
    },
  });
}, 120_000);
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

describe('a rollout', () => {
  it(
    'is promoted and rolled back: nothing fails, and each answer is of a model that may answer',
    { timeout: 300_000 },
    async () => {
      const steady = await witness('rollout: steady', service, () => undefined);
      const servedMs: number[] = [];
      const seen = await witness(
        'rollout: promote, roll back',
        service,
        async () => {
          const watch = watchDigests();
          for (const version of ['1.1.0', '1.0.0']) {
            const before = watch.allow(version);
            const change =
              version === '1.1.0'
                ? registry.promoteVersion(version)
                : registry.rollback(TestRegistry.NAME, TestRegistry.CHANGE);
            servedMs.push(await servedAfter(change, version));
            watch.forbid(before);
          }
          await watch.end();
        },
        Math.max(WITNESS_SECONDS, 3 * REFRESH_SECONDS),
      );
      record('rollout: promote, roll back', {
        servedMs: Math.max(...servedMs),
        p99OfSteady: seen.p99Ms / steady.p99Ms,
      });
      expectUndisturbed(seen);
      expect(Math.max(...servedMs)).toBeLessThanOrEqual(SERVED_MS_MAX);
    },
  );

  it(
    'thirty times in a row leaves memory, files and folders as they were',
    { timeout: 600_000 },
    async () => {
      const seconds = REFRESHES * REFRESH_SECONDS;
      const after: ReturnType<typeof stateNow>[] = [];
      const seen = await witness(
        'rollout: thirty refreshes',
        service,
        async () => {
          for (let n = 1; n <= REFRESHES; n += 1) {
            const version = n % 2 === 1 ? '1.1.0' : '1.0.0';
            await servedAfter(registry.promoteVersion(version), version);
            after.push(stateNow());
          }
        },
        seconds,
      );
      // The first ones fill caches and heaps.
      const [first, last] = [after[5], after.at(-1)];
      const ratio = (name: 'primaryBytes' | 'workerBytes') =>
        (last?.[name] ?? NaN) / (first?.[name] ?? NaN);
      record('rollout: thirty refreshes', {
        primaryMemory: ratio('primaryBytes'),
        workerMemory: ratio('workerBytes'),
      });
      expect(seen.errors).toBe(0);
      expect(ratio('primaryBytes')).toBeLessThan(MEMORY_RATIO_MAX);
      expect(ratio('workerBytes')).toBeLessThan(MEMORY_RATIO_MAX);
      expect(last?.openFiles).toBeLessThanOrEqual((first?.openFiles ?? 0) + 2);
      expect(readdirSync(join(folder, 'cache/pick-regno/versions'))).toEqual(['1.0.0', '1.1.0']);
    },
  );
});

/** Milliseconds from the change of the deployment until every worker serves the version. */
async function servedAfter(change: Promise<unknown>, version: string): Promise<number> {
  const from = service.process.lines.length;
  const startedAt = performance.now();
  await change;
  await service.process.line((text) => logLine(text)?.['message'] === 'reload done', from);
  const ms = performance.now() - startedAt;
  await eventually(`only ${version} serves`, async () => {
    const samples = await scrape(service.url);
    const is = (labels?: Record<string, string>) => sumOf(samples, 'regno_model_info', labels);
    return is({ version }) === 2 && is() === 2 ? true : undefined;
  });
  return ms;
}

/** Asks again and again which model answers, and holds it against those that may. */
function watchDigests() {
  const allowed = new Set([registry.digests.get('1.0.0')]);
  const strangers: (string | null)[] = [];
  const state = { isOver: false };
  const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json' };
  const watching = (async () => {
    while (!state.isOver) {
      const body = JSON.stringify(EXAMPLE_READING);
      const mayAnswer = new Set(allowed);
      const answer = await fetch(`${service.url}/reg/`, { method: 'POST', headers, body });
      await answer.text();
      const digest = answer.headers.get('x-model-digest');
      for (const one of allowed) mayAnswer.add(one);
      if (!mayAnswer.has(digest ?? '')) strangers.push(digest);
      await delay(PACE_MS);
    }
  })();
  return {
    /** @returns those that were allowed before */
    allow(version: string): readonly (string | undefined)[] {
      const before = [...allowed];
      allowed.add(registry.digests.get(version));
      return before;
    },
    forbid(digests: readonly (string | undefined)[]): void {
      for (const digest of digests) allowed.delete(digest);
    },
    async end(): Promise<void> {
      state.isOver = true;
      await watching;
      expect(strangers).toEqual([]);
    },
  };
}

function stateNow() {
  const { pid } = service.process;
  const workers = service.workerPids().map(residentBytes);
  return {
    primaryBytes: residentBytes(pid),
    workerBytes: Math.max(...workers),
    openFiles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function residentBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}
