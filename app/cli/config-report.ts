import { loadConfig } from '../config/load-config.js';
import { SETTINGS, type SettingId } from '../config/schema.js';
import { formatTable } from './table.js';
import { printable } from './text-format.js';

export interface EffectiveSetting {
  readonly variable: string;
  /** Secrets are `(set)`; null where there is no value. */
  readonly value: string | number | boolean | null;
  readonly source: 'environment' | 'default' | 'unset';
}

/**
 * The configuration that the service would run with.
 *
 * @throws ConfigError naming every fault.
 */
export function describeConfig(
  env: Readonly<Record<string, string | undefined>>,
): readonly EffectiveSetting[] {
  const config = loadConfig(env);
  return Object.entries(SETTINGS).map(([id, setting]) => {
    const given = env[setting.env]?.trim();
    const isGiven = given !== undefined && given !== '';
    const value = isGiven && 'secret' in setting ? '(set)' : plainValue(config, id as SettingId);
    const source = isGiven ? 'environment' : value === null ? 'unset' : 'default';
    return { variable: setting.env, value: value ?? (isGiven ? given : null), source };
  });
}

/** {@link describeConfig} for people. */
export function formatConfig(settings: readonly EffectiveSetting[]): string {
  return formatTable(
    [{ head: 'variable' }, { head: 'value' }, { head: 'source' }],
    settings.map(({ variable, value, source }) => [
      variable,
      value === null ? '-' : printable(String(value)),
      source,
    ]),
  );
}

function plainValue(config: ReturnType<typeof loadConfig>, id: SettingId) {
  if (id === 'apiKeys') return config.usesDemoKey ? 'the demo key' : '(set)';
  if (id === 'apiKeysFile') return null;
  return config[id] ?? null;
}
