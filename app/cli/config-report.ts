import { loadConfig } from '../config/load-config.js';
import { visibleSettings, type VisibleSetting } from '../config/visible-settings.js';
import { formatTable } from './table.js';
import { printable } from './text-format.js';

export interface EffectiveSetting extends VisibleSetting {
  readonly source: 'environment' | 'default' | 'unset';
}

/**
 * The configuration that the service would run with, and where each value comes from.
 *
 * @throws ConfigError naming every fault.
 */
export function describeConfig(
  env: Readonly<Record<string, string | undefined>>,
): readonly EffectiveSetting[] {
  return visibleSettings(loadConfig(env)).map((setting) => {
    // Secrets have no defaults; keys may also come from a file that the environment names.
    const isGiven = (env[setting.variable] ?? '').trim() !== '' || setting.value === '(set)';
    const source = isGiven ? 'environment' : setting.value === null ? 'unset' : 'default';
    return { ...setting, source };
  });
}

/** {@link describeConfig} for people. */
export function formatConfig(settings: readonly EffectiveSetting[]): string {
  return formatTable(
    [{ head: 'variable' }, { head: 'value' }, { head: 'unit' }, { head: 'source' }],
    settings.map(({ variable, value, unit, source }) => [
      variable,
      value === null ? '-' : printable(String(value)),
      unit ?? '',
      source,
    ]),
  );
}
