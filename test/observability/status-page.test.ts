import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusDocument } from '../../app/telemetry/status/status-board.js';
import { eventually } from '../testing/eventually.js';
import { HttpClient } from '../testing/http-client.js';
import { lacks } from '../testing/lacks.js';
import { pathOf } from '../testing/provide-programs.js';
import { makeReadings } from '../testing/readings.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';
import { ROOT, startService, type Service } from '../testing/start-service.js';

/** Where the page's pictures are left for people to look at; not committed. */
const PICTURES = join(ROOT, '.cache/pictures');
const PAGE_KEY = 'operator-key-of-this-test';
const TIMEOUTS = { timeout: 120_000 };

let service: Service;
let redis: TestRedis;
let client: HttpClient;

beforeAll(async () => {
  redis = await startRedis();
  service = await startService({
    env: {
      NODE_ENV: 'production',
      API_KEYS: PAGE_KEY,
      REDIS_URL: redis.url,
      REGNO_REDIS_TIMEOUT_MS: '500',
    },
  });
  client = new HttpClient(service.port, 8);
}, 120_000);

afterAll(async () => {
  client.close();
  await service.stop();
  await redis.stop();
});

describe.skipIf(lacks('redis-server'))('/status', TIMEOUTS, () => {
  it('opens with a key only, and /status.json too', async () => {
    for (const path of ['/status', '/status.json']) {
      const bare = await client.ask({ method: 'GET', path });
      expect(bare.status).toBe(401);
      expect(bare.headers['www-authenticate']).toContain('Basic');
      const wrong = await client.ask({ method: 'GET', path, headers: basic('wrong-key') });
      expect(wrong.status).toBe(401);
      const query = await client.ask({ method: 'GET', path: `${path}?x-api-key=${PAGE_KEY}` });
      expect(query.status).toBe(401);
      const right = await client.ask({ method: 'GET', path, headers: basic(PAGE_KEY) });
      expect(right.status).toBe(200);
      expect(right.headers['cache-control']).toBe('no-store');
      const post = await client.ask({ path, headers: basic(PAGE_KEY) });
      expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('has the figures of the whole cluster, whichever worker is asked', async () => {
    const readings = makeReadings(300, 21).map((reading) => JSON.stringify(reading));
    await post(readings);
    await post(readings.slice(0, 100));
    await post(Array.from({ length: 20 }, () => '{}'));
    const status = await statusOf((now) => now.counts['requests'] === 420);
    expect(status.state).toBe('ok');
    expect(status.workers.map(({ slot, state }) => [slot, state])).toEqual([
      [1, 'ready'],
      [2, 'ready'],
    ]);
    expect(status.workers.map(({ pid }) => pid).sort()).toEqual(service.workerPids().sort());
    expect(status.workers.every(({ rssBytes }) => Number(rssBytes) > 20e6)).toBe(true);
    expect(status.models).toHaveLength(1);
    expect(status.models[0]).toMatchObject({ golden: 'passed', workers: 2 });
    expect(status.models[0]?.goldenDifferenceMax).toBeLessThan(1e-12);
    expect(status.refusals).toContainEqual({ reason: 'bad_request', total: 20, lastMinute: 20 });
    expect(status.dependencies).toEqual([{ name: 'redis', workers: 2, workersUp: 2 }]);
    const looked = status.cache.levels.find(({ level }) => level === 'memory')?.results ?? {};
    expect(Number(looked['hit']) + Number(looked['miss'])).toBe(420);
    expect(status.traffic.requestsPerSecond).toBeGreaterThan(0);
    expect(status.traffic.p99Seconds).toBeGreaterThanOrEqual(status.traffic.p50Seconds ?? NaN);
    const value = (name: string): unknown =>
      status.settings.find(({ variable }) => variable === name)?.value;
    expect([value('API_KEYS'), value('REDIS_URL'), value('SENTRY_DSN')]).toEqual([
      '(set)',
      '(set)',
      null,
    ]);
    expect(value('WORKERS')).toBe(2);
    expect(JSON.stringify(status)).not.toContain(PAGE_KEY);
  });
});

describe.skipIf(lacks('redis-server', 'chromium'))('/status in a browser', TIMEOUTS, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox'] });
    mkdirSync(PICTURES, { recursive: true });
  }, 120_000);
  afterAll(() => browser.close());

  it('shows the cluster, then what breaks, then what is fixed, and asks no other host', async () => {
    const { page, strangers, complaints } = await open(browser, service.url);
    await pill(page, 'ok');
    expect(await page.locator('section:has(#h-workers) tbody tr').count()).toBe(2);
    await page.screenshot({ path: join(PICTURES, 'status-light.png'), fullPage: true });

    await redis.kill();
    await post(makeReadings(50, 22).map((reading) => JSON.stringify(reading)));
    await pill(page, 'degraded');
    await page.locator('section:has(#h-dependencies)').getByText('down').waitFor();

    const [victim = 0] = service.workerPids();
    process.kill(victim, 'SIGKILL');
    const errors = page.locator('section:has(#h-last-errors)');
    await errors.getByText('ended by SIGKILL').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(PICTURES, 'status-dark.png'), fullPage: true });

    await redis.restart();
    await service.whenReady(2);
    await pill(page, 'ok');
    await page.locator('section:has(#h-workers)').locator('.word.warn').getByText('1').waitFor();
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('fits a phone, and can be used from the keyboard', async () => {
    const { page } = await open(browser, service.url, { width: 360, height: 780 });
    await pill(page, 'ok');
    const [content = 0, view = 1] = await page.evaluate<number[]>(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    expect(content).toBeLessThanOrEqual(view);
    await page.locator('summary').focus();
    await page.keyboard.press('Enter');
    await page.getByText('REGNO_BODY_LIMIT_BYTES').waitFor();
    await page.screenshot({ path: join(PICTURES, 'status-phone.png'), fullPage: true });
    const unnamed = await page.evaluate<number>(
      "[...document.querySelectorAll('section')].filter((one) => !one.querySelector('h2,summary')).length",
    );
    expect(unnamed).toBe(0);
    await page.context().close();
  });

  it('fills where the key stands in the address, and claims nothing before that', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.route('**/status.json', (route) => route.abort(), { times: 1 });
    await page.goto(`${service.url.replace('://', `://anybody:${PAGE_KEY}@`)}/status`);
    await page.locator('#state').getByText('no answer for').waitFor();
    const workers = page.locator('section:has(#h-workers)');
    expect(await workers.locator('.none').textContent()).toBe('Not read yet.');
    await pill(page, 'ok');
    expect(await workers.locator('tbody tr').count()).toBe(2);
    await page.context().close();
  });

  it('has /docs fill in the same way', async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${service.url.replace('://', `://anybody:${PAGE_KEY}@`)}/docs`);
    await page.locator('.opblock').first().waitFor({ timeout: 10_000 });
    await page.context().close();
  });

  it.each([390, 1200])('cuts no column at %d px without saying so', async (width) => {
    const { page } = await open(browser, service.url, { width, height: 800 });
    await pill(page, 'ok');
    await page.locator('summary').click();
    const silent = `[...document.querySelectorAll('.scroll')].filter((frame) => {
      const isCut = frame.scrollWidth > frame.clientWidth;
      const hint = frame.previousElementSibling;
      return isCut !== (hint.checkVisibility() && getComputedStyle(frame).overflowX === 'auto');
    }).map((frame) => frame.ariaLabel)`;
    await eventually('each hint', async () =>
      (await page.evaluate<string[]>(silent)).length === 0 ? true : undefined,
    );
    const workers = page.locator('section:has(#h-workers) .more');
    expect(await workers.isVisible()).toBe(width < 1000);
    await page.context().close();
  });

  it('says so when the service answers no more', async () => {
    const lone = await startService({ env: { WORKERS: '1', API_KEYS: PAGE_KEY } });
    const { page } = await open(browser, lone.url);
    await pill(page, 'ok');
    await lone.stop();
    await page.locator('#state').getByText('no answer for').waitFor();
    await page.context().close();
  });
});

async function open(browser: Browser, url: string, viewport = { width: 1280, height: 900 }) {
  const context = await browser.newContext({
    httpCredentials: { username: 'operator', password: PAGE_KEY },
    viewport,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const strangers: string[] = [];
  const complaints: string[] = [];
  await page.route('**/*', async (route) => {
    const asked = route.request().url();
    if (asked.startsWith(url) || asked.startsWith('data:')) {
      await route.continue();
      return;
    }
    strangers.push(asked);
    await route.abort();
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself reports an answer that never came; the page shows that in its own words.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
  await page.goto(`${url}/status`);
  return { page, strangers, complaints };
}

async function pill(page: Page, state: string): Promise<void> {
  await page.locator(`#state[data-state=${state}]`).waitFor();
}

function basic(key: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`operator:${key}`).toString('base64')}` };
}

async function post(bodies: readonly string[]): Promise<void> {
  await Promise.all(bodies.map((body) => client.ask({ headers: { 'x-api-key': PAGE_KEY }, body })));
}

async function statusOf(until: (status: StatusDocument) => boolean): Promise<StatusDocument> {
  return eventually('the status', async () => {
    const answer = await client.ask({
      method: 'GET',
      path: '/status.json',
      headers: { 'x-api-key': PAGE_KEY },
    });
    const status = JSON.parse(answer.body) as StatusDocument;
    return until(status) ? status : undefined;
  });
}
