import type { Config } from './load-config.js';
import { SETTINGS } from './schema.js';

/** A setting as an operator may see it. */
export interface VisibleSetting {
  readonly variable: string;
  /** A secret is `(set)`; null where there is no value. */
  readonly value: string | number | boolean | null;
  readonly unit: string | null;
}

/** The settings that the service runs with; of secrets only whether they are set. */
export function visibleSettings(config: Config): VisibleSetting[] {
  return (Object.keys(SETTINGS) as (keyof typeof SETTINGS)[])
    .filter((id) => id !== 'apiKeysFile')
    .map((id) => {
      const setting = SETTINGS[id];
      const unit = 'unit' in setting ? setting.unit : null;
      return { variable: setting.env, value: valueOf(config, id), unit };
    });
}

function valueOf(
  config: Config,
  id: Exclude<keyof typeof SETTINGS, 'apiKeysFile'>,
): VisibleSetting['value'] {
  if (id === 'apiKeys') return config.usesDemoKey ? 'the demo key' : '(set)';
  const value = config[id] ?? null;
  if (value === null) return null;
  if (typeof value === 'object') return value.join(', ') || null;
  return 'secret' in SETTINGS[id] ? '(set)' : value;
}
