import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './rule-files.js';

export interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly legendFormat?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides: readonly {
      readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
    }[];
  };
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; expr?: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string; query: unknown }[] };
}

/** Every dashboard of grafana/dashboards. */
export function readDashboards(): readonly Dashboard[] {
  const folder = join(ROOT, 'grafana/dashboards');
  return readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard,
  );
}

/** Panels that show something: all but the headings of rows. */
export function dataPanels(board: Dashboard): readonly Panel[] {
  return board.panels.filter((panel) => panel.type !== 'row');
}
