import { describe, expect, it } from 'vitest';
import {
  dataPanels,
  readDashboards,
  type Panel,
  type Target,
} from '../test/monitoring/dashboard-files.js';
import { BOARDS } from './boards.js';
import { drift } from './build.js';

const boards = readDashboards();

describe('dashboards', () => {
  it('are what their source says', () => {
    expect(drift()).toEqual([]);
    expect(boards).toHaveLength(BOARDS.length);
  });

  it.each(boards.map((board) => [board.title, board] as const))(
    '%s gives each panel an own id, a title, a unit and a line on what is good and what is bad',
    (_title, board) => {
      const ids = board.panels.map((panel) => panel.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(Math.min(...ids)).toBeGreaterThan(0);
      for (const panel of dataPanels(board)) {
        expect(panel.title, panel.title).toMatch(/^[\p{Lu}\d]/u);
        expect(panel.description, panel.title).toMatch(/^[^\n]{20,100}[.?]$/);
        expect(unitsOf(panel), panel.title).not.toContain(undefined);
        expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
      }
    },
  );

  it.each(boards.map((board) => [board.title, board] as const))(
    '%s fills its rows without holes or overlaps',
    (_title, board) => {
      const cells = new Set<string>();
      const heights = new Map<number, number>();
      for (const { title, gridPos } of board.panels) {
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(cells.has(`${x},${y}`), `${title} overlaps at ${x},${y}`).toBe(false);
            cells.add(`${x},${y}`);
            heights.set(y, (heights.get(y) ?? 0) + 1);
          }
        }
      }
      expect([...heights].filter(([, width]) => width !== 24)).toEqual([]);
    },
  );

  it('choose job and instance, and show deploys, model changes, deaths and alerts', () => {
    for (const board of boards) {
      expect(board.templating.list.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['datasource', 'job', 'instance']),
      );
      expect(board.annotations.list.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['Deploys', 'Model changes', 'Worker deaths', 'Alerts']),
      );
    }
  });

  it('show trace ids where the latency of requests is drawn over time, once in each panel', () => {
    const asking = boards.flatMap((board) =>
      dataPanels(board).flatMap(({ title, targets = [] }) =>
        targets.filter(asksForExemplars).map(({ expr }) => ({ title, expr })),
      ),
    );
    expect(asking.map(({ title }) => title).sort()).toEqual([
      'Latency: client over server',
      'Latency: percentiles',
      'Whole requests: distribution',
    ]);
    for (const { expr } of asking) {
      expect(expr).toContain('regno_http_request_duration_seconds_bucket');
    }
  });

  it('keep the addresses that alerts and bookmarks link to', () => {
    expect(boards.map(({ uid }) => uid).sort()).toEqual([
      'regno-cameras',
      'regno-decision-path',
      'regno-load-proof',
      'regno-machine',
      'regno-overview',
    ]);
  });
});

function asksForExemplars(target: Target & { readonly exemplar?: boolean }): boolean {
  return target.exemplar === true;
}

/** The unit of a panel, or of each column of a table. */
function unitsOf(panel: Panel): readonly unknown[] {
  if (panel.type !== 'table') return [panel.fieldConfig?.defaults.unit];
  return (panel.fieldConfig?.overrides ?? []).map(
    ({ properties }) => properties.find(({ id }) => id === 'unit')?.value,
  );
}
