import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, DEMO_KEY, loadConfig, loadReadingConfig } from './load-config.js';

const folder = mkdtempSync(join(tmpdir(), 'regno-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('needs nothing outside production and takes the demo key', () => {
    const config = loadConfig({});
    expect(config.port).toBe(5000);
    expect(config.apiKeys).toEqual([DEMO_KEY]);
    expect(config.usesDemoKey).toBe(true);
    expect(config.docsPublic).toBe(true);
    expect(config.model).toMatch(/models\/pick-regno$/);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('refuses to start in production without keys, or with the demo key', () => {
    expect(faultsOf({ NODE_ENV: 'production' })).toEqual([
      expect.stringContaining('API_KEYS: required in production'),
    ]);
    expect(faultsOf({ NODE_ENV: 'production', API_KEYS: DEMO_KEY })).toHaveLength(1);
    expect(loadConfig({ NODE_ENV: 'production', API_KEYS: 'a1,b2' }).docsPublic).toBe(false);
  });

  it('names every fault at once and never a value', () => {
    const faults = faultsOf({
      PORT: 'seventy',
      WORKERS: '0',
      REDIS_URL: 'http://secret@host',
      API_KEYS: 'good, bad key',
      REGNO_BODY_LIMIT: '5',
    });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'REGNO_BODY_LIMIT',
      'PORT',
      'WORKERS',
      'API_KEYS',
      'REDIS_URL',
    ]);
    expect(faults.join()).not.toMatch(/seventy|secret|bad key/);
  });

  it('treats an empty variable as absent', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: ' ' }).redisUrl).toBeUndefined();
  });

  it('takes origins as browsers send them, and no others', () => {
    const originsOf = (text: string) => loadConfig({ REGNO_CORS_ORIGINS: text }).corsOrigins;
    expect(loadConfig({}).corsOrigins).toEqual([]);
    expect(originsOf('*')).toEqual(['*']);
    expect(originsOf(' https://App.example:443, http://localhost:8080 ,')).toEqual([
      'https://app.example',
      'http://localhost:8080',
    ]);
    for (const bad of [
      ...[
        'app.example',
        'https://app.example/',
        'https://app.example/path',
        'https://u@app.example',
      ],
      ...[
        '*,https://app.example',
        'https://*.app.example',
        'file:///x',
        'null',
        'https://',
        'true',
      ],
      ...['https://app.example?x', 'https://app.example#x', 'ftp://app.example'],
    ]) {
      expect(faultsOf({ REGNO_CORS_ORIGINS: bad })).toEqual([
        expect.stringMatching(/^REGNO_CORS_ORIGINS: expected origins such as https:/),
      ]);
    }
  });

  it('reads keys from a file and says why it cannot', () => {
    const path = join(folder, 'keys');
    writeFileSync(path, 'first\nsecond\n');
    expect(loadConfig({ API_KEYS_FILE: path }).apiKeys).toEqual(['first', 'second']);
    expect(faultsOf({ API_KEYS_FILE: join(folder, 'absent') })[0]).toContain('ENOENT');
    expect(faultsOf({ API_KEYS_FILE: path, API_KEYS: 'third' })).toHaveLength(1);
  });

  it('takes what is done with readings', () => {
    expect(loadConfig({})).toMatchObject({ strict: true, normalise: [] });
    expect(loadReadingConfig({})).toEqual({ strict: true, normalise: [] });
    const env = {
      REGNO_STRICT: 'false',
      REGNO_NORMALISE: ' lookalikes, trim ,',
      REGNO_TIME_ZONE: 'Europe/Moscow',
    };
    const expected = {
      strict: false,
      normalise: ['lookalikes', 'trim'],
      timeZone: 'Europe/Moscow',
    };
    expect(loadConfig(env)).toMatchObject(expected);
    expect(loadReadingConfig(env)).toEqual(expected);
  });

  it.each([
    ['REGNO_STRICT', 'maybe', /true or false/],
    ['REGNO_NORMALISE', 'trim,lower', /some of trim, upper, lookalikes/],
    ['REGNO_TIME_ZONE', 'Moscow', /such as Europe\/Moscow/],
    ['REGNO_STRICKT', 'true', /no such setting/],
  ])('refuses %s=%s also for commands that need no other settings', (name, value, fault) => {
    for (const load of [loadConfig, loadReadingConfig]) {
      expect(() => load({ [name]: value })).toThrow(fault);
    }
  });
});
