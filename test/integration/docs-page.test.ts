import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EXAMPLE_DECISION, EXAMPLE_READING } from '../../app/routes/examples.js';
import { lacks } from '../testing/lacks.js';
import { pathOf } from '../testing/provide-programs.js';
import { API_KEY, ROOT, startService, type Service } from '../testing/start-service.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

/** Where the page's picture is left for people to look at; not committed. */
const PICTURES = join(ROOT, '.cache/pictures');

describe.skipIf(lacks('chromium'))('/docs in a browser', () => {
  let service: Service;
  let browser: Browser;

  beforeAll(async () => {
    service = await startService({
      env: { NODE_ENV: 'production', API_KEYS: 'page-key-of-this-test' },
    });
    browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  it('opens by password, asks no other host, and sends the example for its true answer', async () => {
    const context = await browser.newContext({
      httpCredentials: { username: 'docs', password: 'page-key-of-this-test' },
      viewport: { width: 1200, height: 1400 },
    });
    const page = await context.newPage();
    const strangers: string[] = [];
    const complaints: string[] = [];
    await page.route('**/*', async (route) => {
      const url = route.request().url();
      if (url.startsWith(service.url) || url.startsWith('data:')) {
        await route.continue();
        return;
      }
      strangers.push(url);
      await route.abort();
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });

    await page.goto(`${service.url}/docs`);
    await page.getByText('Decide which reading of a plate to pick').first().click();
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: join(PICTURES, 'docs.png') });
    await authorise(page, 'page-key-of-this-test');
    await page.locator('button.execute').first().click();
    const live = page.locator('.live-responses-table');
    await live.locator('.response-col_status').getByText('200').first().waitFor();
    const answer = await live
      .locator('.response-col_description .highlight-code')
      .first()
      .innerText();
    expect(answer).toContain(String(EXAMPLE_DECISION.positive));
    expect(answer).toContain(String(EXAMPLE_DECISION.negative));
    await live.scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(PICTURES, 'docs-answer.png') });
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows the refusal to a request without a key', async () => {
    const open = await startService({ env: { WORKERS: '1' } });
    const page = await browser.newPage();
    await page.goto(`${open.url}/docs`);
    await page.getByText('Decide which reading of a plate to pick').first().click();
    await page.locator('button.execute').first().click();
    const live = page.locator('.live-responses-table');
    await live.locator('.response-col_status').getByText('401').first().waitFor();
    await authorise(page, API_KEY);
    await page.locator('button.execute').first().click();
    await live.locator('.response-col_status').getByText('200').first().waitFor();
    await page.close();
  });
});

describe.skipIf(lacks('chromium'))('a page of another origin in a browser', () => {
  let browser: Browser;
  let page: Page;
  let stranger: Server;
  let origin: string;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: pathOf('chromium'), args: ['--no-sandbox'] });
    stranger = createServer((_req, res) => res.setHeader('content-type', 'text/html').end('<p>'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const address = stranger.address();
    origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    page = await browser.newPage();
    await page.goto(origin);
  });
  afterAll(async () => {
    await browser.close();
    stranger.close();
  });

  /** What a script of that page gets to know of an answer. */
  const ask = (url: string, body: string) =>
    page.evaluate(
      async (request) => {
        const headers = { 'content-type': 'application/json', 'x-api-key': request.key };
        try {
          const answer = await fetch(request.url, { method: 'POST', headers, body: request.body });
          const seen = ['x-error-code', 'x-cache', 'x-request-id'].map((name) =>
            answer.headers.get(name),
          );
          return { status: answer.status, text: await answer.text(), seen };
        } catch (error) {
          return String(error);
        }
      },
      { url, body, key: API_KEY },
    );

  it('may send readings and read the answers where its origin is allowed', async () => {
    const env = { WORKERS: '1', REGNO_CORS_ORIGINS: origin };
    const service = await startService({ env });
    const decided = await ask(`${service.url}/reg/`, JSON.stringify(EXAMPLE_READING));
    expect(decided).toMatchObject({ status: 200, seen: [null, 'miss', expect.any(String)] });
    const refused = await ask(`${service.url}/reg/`, '{');
    expect(refused).toMatchObject({
      status: 400,
      seen: ['invalid_json', null, expect.any(String)],
    });
    await service.stop();
  });

  it('gets nothing where it is not', async () => {
    const service = await startService({ env: { WORKERS: '1' } });
    expect(await ask(`${service.url}/reg/`, '{}')).toMatch(/Failed to fetch/);
    await service.stop();
  });
});

async function authorise(page: Page, key: string): Promise<void> {
  await page.locator('.scheme-container button.authorize').click();
  await page.locator('.auth-container input').fill(key);
  await page.locator('.auth-btn-wrapper button.authorize').click();
  await page.locator('.auth-btn-wrapper button.btn-done').click();
}
