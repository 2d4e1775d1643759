import type { PythonPackages } from './python-environment.js';

/** What some tests need and `npm ci` does not bring. */
export interface OutsideProgram {
  /** Names under which it may be on the PATH; one of them is enough. */
  readonly commands: readonly string[];
  /** What apt installs to bring it; empty where nothing may. */
  readonly packages: readonly string[];
  /** A virtual environment that pip fills, made by these commands. */
  readonly python?: PythonPackages;
}

function debian(command: string, packageName = command): OutsideProgram {
  return { commands: [command], packages: [packageName] };
}

function python(name: PythonPackages): OutsideProgram {
  return { commands: ['python3'], packages: ['python3', 'python3-venv'], python: name };
}

/** The one list of them: what they are called, and what brings them. */
export const OUTSIDE_PROGRAMS = {
  'redis-server': debian('redis-server'),
  prometheus: debian('prometheus'),
  promtool: debian('promtool', 'prometheus'),
  amtool: debian('amtool', 'prometheus-alertmanager'),
  'prometheus-alertmanager': debian('prometheus-alertmanager'),
  'prometheus-redis-exporter': debian('prometheus-redis-exporter'),
  'prometheus-node-exporter': debian('prometheus-node-exporter'),
  'prometheus-blackbox-exporter': debian('prometheus-blackbox-exporter'),
  // Comes with systemd, which is no test's to install.
  'systemd-analyze': { commands: ['systemd-analyze'], packages: [] },
  openssl: debian('openssl'),
  ps: debian('ps', 'procps'),
  // It brings the fonts without which a page has no letters.
  chromium: { commands: ['chromium', 'chromium-browser', 'google-chrome'], packages: ['chromium'] },
  catboost: python('catboost'),
  schemathesis: python('schemathesis'),
} as const satisfies Readonly<Record<string, OutsideProgram>>;

export type OutsideName = keyof typeof OUTSIDE_PROGRAMS;

/** Per program that the selected tests name: why it is not there, or null where it is. */
export type Availability = Readonly<Partial<Record<OutsideName, string | null>>>;

/** The programs that the text of a test file declares by `lacks`. */
export function declaredPrograms(source: string): readonly OutsideName[] {
  const names = [...source.matchAll(/\blacks\(([^()]*)\)/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name),
  );
  return [...new Set(names)].filter((name): name is OutsideName => name in OUTSIDE_PROGRAMS);
}
