import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EXAMPLE_DECISION } from '../../app/routes/examples.js';
import { findChromium } from '../testing/find-chromium.js';
import { API_KEY, ROOT, startService, type Service } from '../testing/start-service.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

/** Where the page's picture is left for people to look at; not committed. */
const PICTURES = join(ROOT, '.cache/pictures');

const program = findChromium();
if (program === undefined) {
  console.warn('SKIPPED: no Chromium (apt-get install chromium fonts-dejavu-core)');
}

describe.skipIf(program === undefined)('/docs in a browser', () => {
  let service: Service;
  let browser: Browser;

  beforeAll(async () => {
    service = await startService({ env: { NODE_ENV: 'production', API_KEYS: 'page-key' } });
    browser = await chromium.launch({ executablePath: program ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  it('opens by password, asks no other host, and sends the example for its true answer', async () => {
    const context = await browser.newContext({
      httpCredentials: { username: 'docs', password: 'page-key' },
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
    await authorise(page, 'page-key');
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

async function authorise(page: Page, key: string): Promise<void> {
  await page.locator('.scheme-container button.authorize').click();
  await page.locator('.auth-container input').fill(key);
  await page.locator('.auth-btn-wrapper button.authorize').click();
  await page.locator('.auth-btn-wrapper button.btn-done').click();
}
