import { readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { SETTINGS, type SettingId } from './schema.js';
import { DEMO_KEY, weaknessOf } from './weak-key.js';

export { DEMO_KEY };

type Parsed<K extends SettingId> = z.output<(typeof SETTINGS)[K]['schema']>;

/** Settings that may be absent because they have neither a value nor a default. */
type Optional =
  | 'redisUrl'
  | 'registry'
  | 'modelCache'
  | 'sentryDsn'
  | 'logHmacKey'
  | 'otlpUrl'
  | 'connectionsMax'
  | 'timeZone';

/** The service's settings, checked and frozen. */
export type Config = {
  readonly [K in Exclude<SettingId, Optional | 'apiKeysFile'>]: Parsed<K>;
} & {
  readonly [K in Optional]: Parsed<K> | undefined;
} & {
  /** True where the demo key stands in for keys that were not set. */
  readonly usesDemoKey: boolean;
};

/** All faults of a configuration at once; names variables, never values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

type Values = { [K in SettingId]?: Parsed<K> };

/**
 * Reads the environment into one frozen object.
 *
 * @param env the environment, e.g. `process.env`; empty values count as absent
 * @throws ConfigError naming every fault
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults = unknownSettings(env);
  const values = parseSettings(env, faults);
  const production = values.environment === 'production';
  const keys = resolveKeys(values, production, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze({
    ...values,
    workers: values.workers ?? availableParallelism(),
    model: values.model ?? shippedModelPath(),
    docsPublic: values.docsPublic ?? !production,
    corsOrigins: values.corsOrigins ?? [],
    normalise: values.normalise ?? [],
    apiKeys: keys ?? [DEMO_KEY],
    usesDemoKey: keys === undefined,
  }) as Config;
}

/** The settings of what is done with readings, for commands that need no others. */
export type ReadingConfig = Pick<Config, 'strict' | 'normalise' | 'timeZone'>;

/** @throws ConfigError naming every fault of these settings, and settings that do not exist */
export function loadReadingConfig(
  env: Readonly<Record<string, string | undefined>>,
): ReadingConfig {
  const faults = unknownSettings(env);
  const { strict, normalise, timeZone } = SETTINGS;
  const values = parseSettings(env, faults, { strict, normalise, timeZone });
  if (faults.length > 0) throw new ConfigError(faults);
  return { normalise: [], ...values } as ReadingConfig;
}

/** Path of the model folder that is shipped with regno. */
export function shippedModelPath(): string {
  // The file lies in app/config under tsx and in dist/app/config when built.
  const here = fileURLToPath(import.meta.url);
  const root = here.includes('/dist/app/') ? '../../../' : '../../';
  return fileURLToPath(new URL(`${root}models/pick-regno`, import.meta.url));
}

function unknownSettings(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map((setting) => setting.env));
  return Object.keys(env)
    .filter((name) => name.startsWith('REGNO_') && !known.has(name))
    .map((name) => `${name}: no such setting; see docs/configuration.md for the names`);
}

function parseSettings(
  env: Readonly<Record<string, string | undefined>>,
  faults: string[],
  settings: Partial<typeof SETTINGS> = SETTINGS,
): Values {
  const values: Record<string, unknown> = {};
  for (const [id, setting] of Object.entries(settings)) {
    const given = env[setting.env];
    // MODEL has a default as a person writes it, but resolves beside the code, not in the folder
    // the process was started from.
    const fallback = id === 'model' || !('fallback' in setting) ? undefined : setting.fallback;
    const text = given === undefined || given.trim() === '' ? fallback : given;
    if (text === undefined) continue;
    const parsed = setting.schema.safeParse(text);
    if (parsed.success) values[id] = parsed.data;
    else faults.push(`${setting.env}: ${firstFault(parsed.error)}`);
  }
  return values;
}

/** The first thing that is wrong, and with which entry of a list. */
function firstFault({ issues: [issue] }: z.ZodError): string {
  const [index] = issue?.path ?? [];
  const entry = typeof index === 'number' ? `entry ${index + 1}: ` : '';
  return entry + (issue?.message ?? 'not valid');
}

function resolveKeys(
  values: Values,
  production: boolean,
  faults: string[],
): readonly string[] | undefined {
  const source = values.apiKeysFile === undefined ? 'API_KEYS' : 'API_KEYS_FILE';
  const keys =
    values.apiKeysFile === undefined ? values.apiKeys : readKeysFile(values.apiKeysFile, faults);
  if (values.apiKeysFile !== undefined && values.apiKeys !== undefined) {
    faults.push('API_KEYS and API_KEYS_FILE are both set; expected one of them');
  }
  if (!production) return keys;
  if (keys === undefined && !faults.some((fault) => fault.startsWith('API_KEYS'))) {
    faults.push('API_KEYS: required in production; set it, or API_KEYS_FILE');
  }
  for (const [index, key] of (keys ?? []).entries()) {
    const weakness = weaknessOf(key);
    if (weakness === undefined) continue;
    faults.push(
      `${source}: key ${index + 1} of ${keys?.length} ${weakness}; not accepted in production, ` +
        'make one of your own (openssl rand -hex 32)',
    );
  }
  return keys;
}

/** Far more than the most keys that are accepted take. */
const KEYS_FILE_BYTES_MAX = 1024 * 1024;

function readKeysFile(path: string, faults: string[]): readonly string[] | undefined {
  try {
    const info = statSync(path);
    // A pipe would keep the start waiting, and each worker reads the file again.
    if (!info.isFile() || info.size > KEYS_FILE_BYTES_MAX) {
      faults.push('API_KEYS_FILE: expected a regular file of at most 1 MiB');
      return undefined;
    }
    const parsed = SETTINGS.apiKeys.schema.safeParse(readFileSync(path, 'utf8'));
    if (parsed.success) return parsed.data;
    faults.push(`API_KEYS_FILE: ${firstFault(parsed.error)}`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    faults.push(`API_KEYS_FILE: cannot be read (${code}); expected a readable file`);
  }
  return undefined;
}
