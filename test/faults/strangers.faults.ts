import { afterEach, describe, expect, it } from 'vitest';
import { sumOf } from '../testing/metrics-text.js';
import { startService, type Service } from '../testing/start-service.js';
import { ATTACKS, whenCalm, type Stranger } from '../testing/strangers.js';
import { RECOVERY_MS } from './settings.js';
import { expectUndisturbed, recover, witness } from './witness.js';

/** With the default of 10 s, an attack that fits into a witness's time would show nothing. */
const ENV = { REGNO_HEADERS_TIMEOUT_MS: '2000', REGNO_UNREAD_TIMEOUT_MS: '2000' };

let service: Service;
let stranger: Stranger | undefined;

afterEach(async () => {
  stranger?.stop();
  const startedAt = performance.now();
  await service.stop();
  expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
});

describe('a client with a key is answered while strangers send', () => {
  it.each(Object.entries(ATTACKS))('%s', async (name, attack) => {
    service = await startService({ env: ENV });
    await expectNoHarm(name, () => (stranger = attack(service.port)));
  });
});

describe('few file descriptors', () => {
  it('are not used up by connections that say nothing', async () => {
    service = await startService({ env: ENV, openFilesMax: 128 });
    const attack = ATTACKS['connections that say nothing'];
    await expectNoHarm('connections that say nothing, with 128 descriptors', () => {
      stranger = attack?.(service.port);
    });
    expect(service.process.text).not.toContain('worker died');
  });
});

async function expectNoHarm(name: string, attack: () => void): Promise<void> {
  const seen = await witness(name, service, attack);
  expect(stranger?.opened).toBeGreaterThan(0);
  expectUndisturbed(seen);
  stranger?.stop();
  const samples = await recover(name, (timeoutMs) => whenCalm(service.url, timeoutMs));
  expect(sumOf(samples, 'regno_worker_exits_total')).toBe(0);
}
