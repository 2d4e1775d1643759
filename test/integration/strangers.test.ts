import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumOf } from '../testing/metrics-text.js';
import { makeReadings } from '../testing/readings.js';
import { startService, type Service } from '../testing/start-service.js';
import { SteadyLoad } from '../testing/steady-load.js';
import { ATTACKS, whenCalm } from '../testing/strangers.js';

/** Readings of a client with a key that are answered while an attack goes on. */
const READINGS = 300;
const RECOVERY_MS = 5000;

const bodies = makeReadings(200, 7).map((reading) => JSON.stringify(reading));

describe.each([
  ['many descriptors', {}],
  ['128 descriptors', { openFilesMax: 128 }],
])('with %s', (_what, limits) => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({
      ...limits,
      env: { REGNO_HEADERS_TIMEOUT_MS: '1000', REGNO_UNREAD_TIMEOUT_MS: '1000' },
    });
  });

  it.each(Object.entries(ATTACKS))('%s harm no client with a key', async (_name, attack) => {
    const stranger = attack(service.port);
    const load = SteadyLoad.start({
      port: service.port,
      connections: 4,
      body: (n) => bodies[n % bodies.length] ?? '',
    });
    await load.more(READINGS);
    const { ok, statuses, lost, refused } = await load.stop();
    stranger.stop();
    expect(stranger.opened).toBeGreaterThan(0);
    expect({ statuses: [...statuses], lost, refused }).toEqual({
      statuses: [],
      lost: 0,
      refused: 0,
    });
    expect(ok).toBeGreaterThanOrEqual(READINGS);
    const samples = await whenCalm(service.url, RECOVERY_MS);
    expect(sumOf(samples, 'regno_worker_exits_total')).toBe(0);
  });

  afterAll(async () => {
    const startedAt = performance.now();
    expect((await service.stop()).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
  });
});
