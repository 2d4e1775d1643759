import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { API_KEY, launchService, startService, type Service } from '../testing/start-service.js';

const CAMERA = { camera_class: String(EXAMPLE_READING['camera_class']) };

async function ask(service: Service, changes: Record<string, unknown>) {
  const answer = await fetch(`${service.url}/reg/`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
    body: JSON.stringify({ ...EXAMPLE_READING, ...changes }),
  });
  const text = await answer.text();
  return { status: answer.status, text, warnings: answer.headers.get('x-reading-warnings') };
}

describe('the settings of readings', () => {
  const services: Service[] = [];
  afterAll(() => Promise.all(services.map((service) => service.stop())));

  async function start(env: Record<string, string>): Promise<Service> {
    const service = await startService({ env: { WORKERS: '1', ...env } });
    services.push(service);
    return service;
  }

  it('are off: odd plates are answered with a warning, other odd values refused', async () => {
    const service = await start({});
    const right = await ask(service, {});
    expect(right).toMatchObject({ status: 200, warnings: null });
    const blank = await ask(service, { regno_recognize: 'А123ВС77 ' });
    expect(blank).toMatchObject({ status: 200, warnings: 'plate_blanks' });
    expect(blank.text).not.toBe(right.text);
    expect(await ask(service, { afts_regno_ai_score: 97.3 })).toMatchObject({ status: 400 });
    expect(await ask(service, { time_check: '2024-06-14T08:30:15' })).toMatchObject({
      status: 400,
    });
    await eventually('counted', async () => {
      const samples = await scrape(service.url);
      const counted = sumOf(samples, 'regno_reading_warnings_total', {
        ...CAMERA,
        kind: 'plate_blanks',
      });
      return counted === 1 ? true : undefined;
    });
  });

  it('reach the workers', async () => {
    const service = await start({
      REGNO_STRICT: 'false',
      REGNO_NORMALISE: 'trim,upper,lookalikes',
      REGNO_TIME_ZONE: 'Europe/Moscow',
    });
    const right = await ask(service, {});
    const spelt = await ask(service, { regno_recognize: ' a123bc77' });
    expect(spelt.warnings).toBe('plate_blanks,plate_lower_case,plate_lookalikes');
    expect(spelt.text).toBe(right.text);
    const loud = await ask(service, { afts_regno_ai_score: 97.3 });
    expect(loud).toMatchObject({ status: 200, warnings: 'score_range' });
    const iso = await ask(service, { time_check: '2024-06-14T05:30:15Z' });
    expect(iso.text).toBe(right.text);
  });

  it('are checked before anything starts', async () => {
    const service = launchService({
      env: { REGNO_TIME_ZONE: 'Europe/Moskau', REGNO_NORMALISE: 'trim,lower' },
    });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.text).toMatch(/REGNO_TIME_ZONE: expected a time zone/);
    expect(service.text).toMatch(
      /REGNO_NORMALISE: entry 2: expected some of trim, upper, lookalikes/,
    );
  });
});
