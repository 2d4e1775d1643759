import { copyFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { afterEach, describe, expect, it } from 'vitest';
import { NodeProtoSchema } from '../../app/model/onnx/gen/onnx_pb.js';
import { eventually } from '../testing/eventually.js';
import { lacks } from '../testing/lacks.js';
import { makeReadings, type WireReading } from '../testing/readings.js';
import { negateLeaves, writeForgedModel } from '../testing/other-model.js';
import { startRedis, type TestRedis } from '../testing/start-redis.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { expectedAnswers } from '../testing/test-model.js';
import { expectUndisturbed, recover, witness } from './witness.js';

/** Between two tries to poison: as fast as it goes they would take a core from the witness. */
const PACE_MS = 20;

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
    // Again as soon as it is refused: one try would be lost among the witness's seconds.
    const fault = 'a stranger’s model by SIGHUP';
    const seen = await witness(fault, service, async (isOver) => {
      rmSync(path);
      copyFileSync(endless, path);
      while (!isOver()) {
        const from = service.process.lines.length;
        service.process.signal('SIGHUP');
        await service.process.line((line) => line.includes('the operator'), from);
      }
    });
    expectUndisturbed(seen);
    // The worker that tried the last one is gone too.
    await recover(fault, (timeoutMs) => eventually('only the old workers', probe, timeoutMs));

    function probe(): Promise<true | undefined> {
      return Promise.resolve(isDeepStrictEqual(service.workerPids(), workers) ? true : undefined);
    }
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
      const seen = await witness('a poisoned cache', shipped, async (isOver) => {
        for (let n = 0; n < readings.length || !isOver(); n += 1) {
          const i = n % readings.length;
          const reading = readings[i] ?? {};
          expect(await ask(forged, reading)).not.toBe(right[i]);
          expect(await ask(shipped, reading)).toBe(right[i]);
          await delay(PACE_MS);
        }
      });
      expectUndisturbed(seen);
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
