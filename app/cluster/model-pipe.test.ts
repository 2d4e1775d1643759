import {
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  createWriteStream,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { receiveModel, sendModel } from './model-pipe.js';

const folder = mkdtempSync(join(tmpdir(), 'regno-pipe-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What is sent, as a file: the worker's end is read like one. */
async function sent(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  const path = join(folder, 'sent');
  const stream = createWriteStream(path);
  sendModel(stream, { path: '/модель', files });
  await once(stream, 'finish');
  return path;
}

describe('a model through a pipe', () => {
  it('comes out as it went in, whatever its bytes and names are', async () => {
    const files = new Map<string, Uint8Array>([
      ['/модель/manifest.json', Buffer.from('{}\n')],
      ['/модель/empty', new Uint8Array()],
      ['/модель/"quoted"\n.cbm', Uint8Array.from({ length: 300_000 }, (_, i) => i % 256)],
    ]);
    const received = await receiveModel(openSync(await sent(files), 'r'));
    expect(received.path).toBe('/модель');
    expect([...received.files.keys()]).toEqual([...files.keys()]);
    for (const [name, bytes] of files) {
      expect(Buffer.compare(received.files.get(name) ?? Buffer.from('-'), bytes)).toBe(0);
    }
  });

  it('that ends early is an error, wherever it ends', async () => {
    const path = await sent(new Map([['/m.cbm', Buffer.from('some bytes')]]));
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(receiveModel(openSync(path, 'r'))).rejects.toThrow('the primary ended');
    }
  });
});
