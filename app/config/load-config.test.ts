import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, DEMO_KEY, loadConfig, loadReadingConfig } from './load-config.js';
import { SETTINGS } from './schema.js';
import { secretValues } from './secret-values.js';

const GOOD_KEY = '5f0c7d1e9b3a4826';

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
    expect(loadConfig({ NODE_ENV: 'production', API_KEYS: GOOD_KEY }).docsPublic).toBe(false);
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

  it.each([
    [DEMO_KEY, 'is the public demo key'],
    ['#', 'has fewer than 16 characters'],
    ['5f0c7d1e9b3a482', 'has fewer than 16 characters'],
    ['demo-key-from-a-public-repository', 'is publicly known'],
    ['1234567890123456', 'is publicly known'],
    ['0123456789ABCDEF', 'is publicly known'],
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 'is easily guessed'],
    ['changemeChangeme', 'is easily guessed'],
    ['secretsecretsecret', 'is easily guessed'],
  ])('refuses the key %s in production, by its place, from both sources', (key, why) => {
    const text = `${GOOD_KEY},\n${key}`;
    const path = join(folder, 'weak');
    writeFileSync(path, text);
    for (const [name, value] of [
      ['API_KEYS', text],
      ['API_KEYS_FILE', path],
    ] as const) {
      const faults = faultsOf({ NODE_ENV: 'production', [name]: value });
      expect(faults).toEqual([expect.stringContaining(`${name}: key 2 of 2 ${why}`)]);
      expect(faults.join()).not.toContain(key);
      expect(loadConfig({ [name]: value }).apiKeys).toEqual([GOOD_KEY, key]);
    }
  });

  it('takes random keys in production', () => {
    for (let i = 0; i < 200; i++) {
      const keys = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
      expect(faultsOf({ NODE_ENV: 'production', API_KEYS: keys.join(',') })).toEqual([]);
    }
  });

  it('takes the environments that are known, and no other', () => {
    for (const name of ['development', 'production', 'test', ' test ']) {
      const config = loadConfig({ NODE_ENV: name, API_KEYS: GOOD_KEY });
      expect(config.environment).toBe(name.trim());
    }
    expect(faultsOf({ NODE_ENV: 'prod' })).toEqual([
      'NODE_ENV: expected development, production or test; did you mean production?',
    ]);
    expect(faultsOf({ NODE_ENV: 'stage' })).toEqual([
      'NODE_ENV: expected development, production or test',
    ]);
  });

  it('names no value of a secret, whatever is wrong with it', () => {
    const bad = ['hidden', 'http://hidden:hidden%@hidden', 'ключ-hidden', 'hidden '.repeat(50)];
    const secrets = Object.values(SETTINGS).filter((setting) => 'secret' in setting);
    expect(secrets.length).toBeGreaterThanOrEqual(5);
    for (const { env } of secrets) {
      let refused = 0;
      for (const value of bad) {
        const faults = faultsOf({ [env]: value });
        refused += faults.length;
        expect(faults.join()).not.toContain('hidden');
      }
      expect(refused, env).toBeGreaterThan(0);
    }
  });

  it('knows every part of a secret that must not leave the process', () => {
    const values = secretValues(
      loadConfig({
        API_KEYS: 'first,second',
        REDIS_URL: 'redis://user:p%40ss@host',
        SENTRY_DSN: 'https://0f3a9c@sentry.example/42',
        REGNO_LOG_HMAC_KEY: 'a-key-of-sixteen',
      }),
    );
    for (const value of ['first', 'second', 'p%40ss', 'p@ss', '0f3a9c', 'a-key-of-sixteen']) {
      expect(values).toContain(value);
    }
    expect(values).not.toContain('');
  });

  it('takes no word for a secret, and any text for a key', () => {
    const API_KEYS = 'http://a%:b%zz@host/key-of-a-kind';
    const values = secretValues(loadConfig({ API_KEYS, REDIS_URL: 'redis://default:pass@host' }));
    expect(values).toContain('pass');
    expect(values).toContain(API_KEYS);
    expect(values).not.toContain('default');
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
    writeFileSync(path, 'first\nsécond\n');
    expect(faultsOf({ API_KEYS_FILE: path })).toEqual([
      'API_KEYS_FILE: entry 2: expected printable ASCII keys separated by commas',
    ]);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const other of [pipe, '/dev/zero', folder]) {
      expect(faultsOf({ API_KEYS_FILE: other })[0]).toContain('expected a regular file');
    }
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
