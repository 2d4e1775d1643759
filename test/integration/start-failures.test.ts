import { execFileSync } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { copyModelFolder, falsifyGolden } from '../testing/other-model.js';
import { API_KEY, launchService, logLine, ROOT, startService } from '../testing/start-service.js';

/** A start that cannot succeed must not keep anybody waiting. */
const FAILS_WITHIN_MS = 80_000;

const GOOD_KEY = 'a-key-of-the-start-failures';

vi.setConfig({ testTimeout: 120_000 });

/** Starts what must fail: the text of its log, having ended with code 1 on its own. */
async function failedStart(env: Record<string, string>): Promise<string> {
  const service = launchService({ env });
  const timer = setTimeout(() => service.signal('SIGKILL'), FAILS_WITHIN_MS);
  const end = await service.exited;
  clearTimeout(timer);
  expect(end, service.text).toEqual({ code: 1, signal: null });
  expect(service.text).not.toContain('regno is ready');
  return service.text;
}

describe('a start that cannot succeed', () => {
  it('names API_KEYS in production without keys', async () => {
    const log = await failedStart({ NODE_ENV: 'production' });
    expect(log).toContain('API_KEYS: required in production');
  });

  it('refuses the demo key in production', async () => {
    const log = await failedStart({ NODE_ENV: 'production', API_KEYS: `${GOOD_KEY},${API_KEY}` });
    expect(log).toContain('API_KEYS: key 2 of 2 is the public demo key; not accepted');
  });

  it('names every faulty setting at once, and no value of a secret', async () => {
    const log = await failedStart({
      PORT: '65536',
      WORKERS: 'many',
      API_KEYS: 'sécrèt',
      REDIS_URL: 'http://:hidden@x',
      REGNO_BODY_LIMIT_BYTE: '5',
    });
    for (const name of ['PORT', 'WORKERS', 'API_KEYS', 'REDIS_URL', 'REGNO_BODY_LIMIT_BYTE']) {
      expect(log).toContain(`- ${name}: `);
    }
    expect(log).not.toMatch(/sécrèt|hidden/);
  });

  it('refuses an environment that it does not know, whatever keys there are', async () => {
    for (const [name, meant] of [
      ['prod', 'production'],
      ['Production', 'production'],
      ['dev', 'development'],
      ['testing', 'test'],
    ] as const) {
      const log = await failedStart({ NODE_ENV: name });
      expect(log).toContain(`did you mean ${meant}?`);
    }
    expect(await failedStart({ NODE_ENV: 'live', API_KEYS: GOOD_KEY })).toContain('- NODE_ENV: ');
  });

  it.each([
    ['API_KEYS', 'hidden-word'],
    ['API_KEYS', 'hidden word'],
    ['API_KEYS', `${GOOD_KEY},hidden-wörd`],
    ['REDIS_URL', 'http://:hidden-word@host'],
    ['REDIS_URL', 'redis://:hidden-word%@host'],
    ['REDIS_URL', 'hidden-word'],
    ['SENTRY_DSN', 'https://hidden-word.example/42'],
    ['SENTRY_DSN', 'https://hidden@sentry.example/project'],
    ['SENTRY_DSN', 'https://hidden:word@sentry.example'],
    ['SENTRY_DSN', 'https://hidden@sentry.example:99999/42'],
    ['REGNO_LOG_HMAC_KEY', 'hidden-word'],
    ['REGNO_OTLP_URL', 'grpc://hidden:word@collector'],
    ['REGNO_OTLP_URL', 'http://hidden:word%@collector'],
  ])('refuses a %s that cannot work, once and without its value (%s)', async (name, value) => {
    const env = { NODE_ENV: 'production', API_KEYS: GOOD_KEY, [name]: value };
    const log = await failedStart(env);
    expect(log.match(new RegExp(`- ${name}: `, 'g'))).toHaveLength(1);
    expect(log).not.toMatch(/hidden/);
  });

  it('names the port that is taken', async () => {
    const other = await occupy();
    const { port } = other.address() as AddressInfo;
    const log = await failedStart({ PORT: String(port) });
    other.close();
    expect(log).toContain('EADDRINUSE');
    expect(log).toContain(String(port));
  });

  it('names the address that this machine does not have', async () => {
    const log = await failedStart({ HOST: '192.0.2.1', PORT: '5000', WORKERS: '1' });
    expect(log).toMatch(/cannot listen on 192\.0\.2\.1:5000 \(EADDRNOTAVAIL\)/);
  });

  it.each([
    ['is not there', 'model.cbm', (path: string) => rmSync(path)],
    ['is cut short', 'model.cbm', (path: string) => cut(path)],
    ['has no valid manifest', 'manifest.json', (path: string) => cut(path)],
    [
      'has a manifest of other things',
      'manifest.json',
      (path: string) => writeFileSync(path, '{}'),
    ],
    ['has no golden readings', 'golden.ndjson', (path: string) => writeFileSync(path, '')],
    ['has broken golden readings', 'golden.ndjson', (path: string) => cut(path)],
  ])('names the file where the model folder %s', async (_what, file, damage) => {
    const folder = await copyModelFolder();
    damage(join(folder, file));
    expect(await failedStart({ MODEL: folder })).toContain(join(folder, file));
  });

  it('names the file for a bare model that is damaged or of another kind', async () => {
    const folder = await copyModelFolder();
    const model = join(folder, 'model.cbm');
    cut(model);
    expect(await failedStart({ MODEL: model })).toContain(model);
    const text = join(folder, 'manifest.json');
    expect(await failedStart({ MODEL: text })).toContain(text);
    const absent = join(folder, 'absent.onnx');
    expect(await failedStart({ MODEL: absent })).toContain(absent);
    const onnx = join(folder, 'model.onnx');
    writeFileSync(onnx, readFileSync(model));
    expect(await failedStart({ MODEL: onnx })).toContain(onnx);
  });

  it('says in one line and without a stack why the model cannot be served', async () => {
    const folder = await copyModelFolder();
    const pipe = join(folder, 'pipe.onnx');
    execFileSync('mkfifo', [pipe]);
    for (const [path, reason] of [
      [join(folder, 'absent.cbm'), 'there is no such file or folder (ENOENT)'],
      [join(folder, 'plots'), 'manifest.json: there is no such file'],
      [pipe, 'is a pipe'],
      ['/dev/zero', 'expected a model folder'],
      [join(ROOT, 'test/fixtures/cbm/three-classes.cbm'), 'The model has 3 classes'],
      [join(ROOT, 'test/fixtures/cbm/regression.cbm'), 'The model has no classes'],
    ] as const) {
      const log = await failedStart({ MODEL: path, API_KEYS: GOOD_KEY });
      expect(log).not.toContain('stack');
      const [first] = log.split('\n');
      const message = String(logLine(first ?? '')?.['message']);
      expect(message).toMatch(/^MODEL=.* cannot be served: /);
      expect(message).toContain(path);
      expect(message).toContain(reason);
    }
  });
});

describe('a model that fails its golden check', () => {
  it('leaves the service alive, not ready, and refusing readings with the reason', async () => {
    const folder = await copyModelFolder();
    falsifyGolden(folder);
    const service = await startService({ env: { MODEL: folder } });
    for (let i = 0; i < 4; i++) {
      const live = await fetch(`${service.url}/health/live`);
      expect(live.status).toBe(200);
      const ready = await fetch(`${service.url}/health/ready`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({
        body: { ready: false, state: 'model_unavailable', model: { golden: 'failed' } },
        status: 'fail',
      });
      const answer = await fetch(`${service.url}/reg/`, {
        method: 'POST',
        headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
        body: JSON.stringify(EXAMPLE_READING),
      });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]/);
      expect(await answer.json()).toEqual({
        body: 'Service unavailable: the model did not pass its golden check',
        status: 'fail',
      });
    }
    expect(service.process.text).not.toContain('regno is ready');
    const said = service.process.text.split('\n').map((line) => logLine(line));
    expect(
      said.find((line) => line?.['message'] === 'regno listens and is not ready'),
    ).toMatchObject({
      level: 'error',
      port: service.port,
      reason: expect.stringMatching(
        /golden check: 1 of 202 rows are wrong, the first is row 6 /,
      ) as unknown,
    });
    expect(await (await fetch(`${service.url}/metrics`)).text()).toContain(
      'regno_golden_check_passed{worker="1"} 0',
    );
    expect((await service.stop()).code).toBe(0);
  });
});

describe('a model that has no golden readings', () => {
  it('is served with a warning that names those which its manifest does not', async () => {
    const folder = await copyModelFolder();
    const path = join(folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...manifest, golden: undefined }));
    const service = await startService({ env: { MODEL: folder, WORKERS: '1' } });
    await service.stop();
    expect(service.process.text).toContain(`name ${join(folder, 'golden.ndjson')} as golden.file`);
  });

  it('is served with one warning, and health and metrics say that nothing proves it', async () => {
    const folder = await copyModelFolder();
    const model = join(folder, 'model.cbm');
    const service = await startService({ env: { MODEL: model } });
    const ready = await fetch(`${service.url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      body: { ready: true, model: { golden: 'absent', goldenRows: 0 } },
    });
    // Each worker reports its figures a moment after it is ready.
    const metrics = await eventually('figures of both workers', async () => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      const reported = ['1', '2'].every((slot) =>
        text.includes(`regno_golden_check_rows{worker="${slot}"} 0`),
      );
      return reported ? text : undefined;
    });
    expect(metrics).not.toContain('regno_golden_check_passed{');
    expect((await service.stop()).code).toBe(0);
    // Only at its end is all of its log here: a second warning would count too, however late.
    expect(service.process.text.match(/the model has no golden readings/g)).toHaveLength(1);
  });
});

function cut(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length / 2) + 3));
}

function occupy(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
