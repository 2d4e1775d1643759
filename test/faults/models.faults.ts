import { copyFileSync, rmSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { afterEach, describe, expect, it } from 'vitest';
import { NodeProtoSchema } from '../../app/model/onnx/gen/onnx_pb.js';
import { lacks } from '../testing/lacks.js';
import { makeReadings, type WireReading } from '../testing/readings.js';
import { negateLeaves, writeForgedModel } from '../testing/other-model.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { expectedAnswers } from '../testing/test-model.js';
import { witness } from './witness.js';

/** What is judged is whether each reading was answered. */
const COUNTS = { countsOnly: true };

const services: Service[] = [];
let redis: TestRedis | undefined;

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()));
  await redis?.stop();
  redis = undefined;
});

async function start(env: Record<string, string>): Promise<Service> {
  const service = await startService({ env });
  services.push(service);
  return service;
}

describe('a model from a stranger', () => {
  it('that takes the place of the served file is refused, and no reading fails', async () => {
    const path = await writeForgedModel(() => undefined);
    const endless = await writeForgedModel((model) => {
      model.graph?.node.push(create(NodeProtoSchema, { opType: 'Loop', output: ['endless'] }));
    });
    const service = await start({ MODEL: path });
    const workers = service.workerPids();
    const seen = await witness(
      'a stranger’s model by SIGHUP',
      service,
      async () => {
        rmSync(path);
        copyFileSync(endless, path);
        service.process.signal('SIGHUP');
        await service.process.line((line) => line.includes('the operator'));
      },
      COUNTS,
    );
    expect(seen.errors).toBe(0);
    expect(service.workerPids()).toEqual(workers);
  });

  it.skipIf(lacks('redis-server'))(
    'that states the shipped one’s digest fills no cache for it',
    async () => {
      redis = await startRedis();
      const env = { REDIS_URL: redis.url, REGNO_MEMORY_CACHE_ENTRIES: '0' };
      const [forged, shipped] = await Promise.all([
        start({ ...env, MODEL: await writeForgedModel(negateLeaves) }),
        start(env),
      ]);
      const readings = makeReadings(50, 24);
      const right = await expectedAnswers(readings);
      const seen = await witness(
        'a poisoned cache',
        shipped,
        async () => {
          for (const [i, reading] of readings.entries()) {
            expect(await ask(forged, reading)).not.toBe(right[i]);
            expect(await ask(shipped, reading)).toBe(right[i]);
          }
        },
        COUNTS,
      );
      expect(seen.errors).toBe(0);
    },
  );
});

async function ask({ url }: Service, reading: WireReading): Promise<string> {
  const answer = await fetch(`${url}/reg/`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
    body: JSON.stringify(reading),
  });
  return answer.text();
}
