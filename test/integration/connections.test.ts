import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { eventually } from '../testing/eventually.js';
import { startService, type Service } from '../testing/start-service.js';

const CONNECTIONS = 64;
const BURSTS = 10;

let service: Service;

beforeAll(async () => {
  service = await startService();
  await service.whenReady(2);
});

it('connections that come all at once are shared by the workers', async () => {
  const least: number[] = [];
  for (let burst = 0; burst < BURSTS; burst += 1) {
    const shares = await sharesOfBurst();
    least.push(Math.min(...shares));
  }
  expect(Math.min(...least)).toBeGreaterThanOrEqual(CONNECTIONS / 4);
});

/** Opens connections at once and closes them; how many each worker accepted. */
async function sharesOfBurst(): Promise<number[]> {
  const before = socketsOfWorkers();
  const gained = (): number[] => socketsOfWorkers().map((open, i) => open - (before[i] ?? 0));
  const inAll = async (amount: number): Promise<number[]> =>
    eventually(`${amount} connections open`, () => {
      const shares = gained();
      const sum = shares.reduce((total, share) => total + share, 0);
      return Promise.resolve(sum === amount ? shares : undefined);
    });
  const connections = Array.from({ length: CONNECTIONS }, () => connect(service.port, '127.0.0.1'));
  try {
    return await inAll(CONNECTIONS);
  } finally {
    for (const connection of connections) connection.destroy();
    await inAll(0);
  }
}

/** Open sockets of each worker, as Linux lists them. */
function socketsOfWorkers(): number[] {
  return service.workerPids().map((pid) => {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).filter((fd) => isSocket(`${folder}/${fd}`)).length;
  });
}

function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:');
  } catch {
    return false;
  }
}
