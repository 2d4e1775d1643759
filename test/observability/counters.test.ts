import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { TestProcess } from '../testing/child-process.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { parseMetrics, scrape, sumOf, type Sample } from '../testing/metrics-text.js';
import { API_KEY, ROOT, startService } from '../testing/start-service.js';

/** Half a minute in a common run; 300 shows the goal of five minutes. */
const SECONDS = Number(process.env['COUNTERS_SECONDS'] ?? '30');
const RATE = 500;
/** Rarer in a long run: what a killed worker has not reported is to be under 0.1 % of the whole. */
const KILL_EVERY_MS = Math.max(8000, SECONDS * 50);
const SCRAPE_EVERY_MS = 250;
const GENERATOR = join(ROOT, 'dist/generator/main.js');

/** What a worker process that is killed takes with it: it writes its counts every 40 ms. */
const UNREPORTED_MS = 40;

interface Proof {
  readonly requests: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

const folder = mkdtempSync(join(tmpdir(), 'regno-counters-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe(`under ${RATE} requests a second for ${SECONDS} s, with workers killed`, () => {
  it(
    'no counter falls, and the counts agree with those of the generator',
    { timeout: (SECONDS + 90) * 1000 },
    async () => {
      const service = await startService({ env: { PORT: String(await freePort()) } });
      const file = join(folder, 'proof.json');
      const { PATH = '' } = process.env;
      const limits = ['--p99', 'none', '--p999', 'none', '--errors', 'none', '--late', '1'];
      const generator = new TestProcess({
        command: process.execPath,
        args: [
          ...[GENERATOR, 'prove', '-u', `${service.url}/reg/`, '-k', API_KEY, '--json', file],
          ...['-r', String(RATE), '-d', String(SECONDS), '--warmup', '0', ...limits],
        ],
        env: { PATH },
      });
      const running = new AbortController();
      const ended = generator.exited.finally(() => running.abort());

      const falls: string[] = [];
      const watching = (async () => {
        let before = new Map<string, number>();
        while (!running.signal.aborted) {
          await delay(SCRAPE_EVERY_MS);
          // A scrape may be on the connection of the worker that is killed; the next one counts.
          const now = await readCounters(service.url).catch(() => undefined);
          if (now === undefined) continue;
          for (const [series, value] of before) {
            const after = now.get(series);
            if (after === undefined || after < value) {
              falls.push(`${series}: ${value}, then ${after ?? 'gone'}`);
            }
          }
          before = now;
        }
        return before.size;
      })();
      let kills = 0;
      const killing = (async () => {
        for (;;) {
          await delay(KILL_EVERY_MS);
          if (running.signal.aborted) return;
          const [victim] = service.workerPids().sort(() => Math.random() - 0.5);
          if (victim === undefined) continue;
          process.kill(victim, 'SIGKILL');
          kills += 1;
          await service.whenReady(2);
        }
      })();
      const { code } = await ended;
      const [seriesCount] = await Promise.all([watching, killing]);

      expect(generator.text, `exit code ${code}`).not.toContain('Error');
      expect(falls).toEqual([]);
      expect(seriesCount).toBeGreaterThan(100);
      expect(kills).toBeGreaterThanOrEqual(Math.floor(SECONDS / (KILL_EVERY_MS / 1000) / 2));
      const proof = JSON.parse(readFileSync(file, 'utf8')) as Proof;
      const samples = await eventually('a scrape at rest', async () => {
        const first = await scrape(service.url);
        const second = await scrape(service.url);
        return answeredOf(first) === answeredOf(second) ? second : undefined;
      });
      expect(sumOf(samples, 'regno_worker_exits_total', { reason: 'killed' })).toBe(kills);

      const answered = Object.entries(proof.outcomes)
        .filter(([outcome]) => outcome === 'ok' || outcome.startsWith('status_'))
        .reduce((sum, [, count]) => sum + count, 0);
      const counted = answeredOf(samples);
      const { reset = 0 } = proof.outcomes;
      console.log(
        `generator: ${proof.requests} sent, ${answered} answered, ${reset} reset; ` +
          `service: ${counted} counted; ${kills} workers killed`,
      );
      expect(proof.requests).toBeGreaterThanOrEqual(RATE * SECONDS * 0.99);
      // An answer can be counted and still be reset on its way to the generator.
      expect(counted - answered).toBeLessThanOrEqual(reset);
      const unreported = kills * (UNREPORTED_MS / 1000) * RATE;
      const tolerance = SECONDS >= 300 ? answered * 0.001 : Math.max(answered * 0.001, unreported);
      expect(answered - counted).toBeLessThanOrEqual(tolerance);
      await service.stop();
    },
  );
});

/** Answers to readings, by the service's own count; not those that nobody waited for. */
function answeredOf(samples: readonly Sample[]): number {
  const readings = samples.filter(({ labels }) => labels['status'] !== 'aborted');
  return sumOf(readings, 'regno_http_requests_total', { route: '/reg/' });
}

/** Everything that may only grow: counters, and all of a histogram. */
async function readCounters(url: string): Promise<Map<string, number>> {
  const answer = await fetch(`${url}/metrics`, { headers: { connection: 'close' } });
  const text = await answer.text();
  const growing = new Set(
    [...text.matchAll(/^# TYPE (\w+) (?:counter|histogram)$/gm)].map(([, name = '']) => name),
  );
  return new Map(
    parseMetrics(text)
      .filter(
        ({ name }) => growing.has(name) || growing.has(name.replace(/_(?:bucket|sum|count)$/, '')),
      )
      .map(({ name, labels, value }) => [`${name} ${JSON.stringify(labels)}`, value]),
  );
}
