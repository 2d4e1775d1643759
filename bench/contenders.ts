import { fileURLToPath } from 'node:url';

/** A server that the comparison starts, loads and stops. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  /** Added to the environment; PORT, WORKERS and API_KEYS are set for all. */
  readonly env?: Readonly<Record<string, string>>;
  /** Share of requests that repeat one sent before: 0 for readings that are all new. */
  readonly repeatShare: number;
  /** Contenders with the same name here share one running server. */
  readonly server: string;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const MAIN = path('../dist/app/main.js');
export const SHIPPED_MODEL = path('../models/pick-regno/model.cbm');

/**
 * @param node the Node that runs regno and the JavaScript echoes
 * @param model the `.cbm` that regno serves
 * @param suffix added to names, e.g. ` (Node 24)`
 */
export function nodeContenders(node: string, model: string, suffix = ''): readonly Contender[] {
  const env = { MODEL: model };
  const regno = { command: [node, MAIN], env, server: `regno${suffix}` };
  const echo = (name: string): Contender => ({
    name: `${name} echo${suffix}`,
    command: [node, path(`./servers/${name}-echo.mjs`)],
    repeatShare: 0,
    server: `${name}${suffix}`,
  });
  const stock = {
    name: `regno on stock classes, new readings${suffix}`,
    command: [node, '--import', path('./servers/stock-classes.mjs'), MAIN],
    env,
    server: `stock${suffix}`,
    repeatShare: 0,
  };
  return [
    echo('fastify'),
    { ...regno, name: `regno, new readings${suffix}`, repeatShare: 0 },
    { ...regno, name: `regno, repeated readings${suffix}`, repeatShare: 1 },
    stock,
    echo('express'),
    echo('node'),
  ];
}

/**
 * @param python the interpreter of the environment that has bench/peers/requirements.txt
 * @param model the `.cbm` that they serve
 */
export function pythonContenders(python: string, model: string): readonly Contender[] {
  const folder = path('./peers');
  return [
    {
      name: 'FastAPI + CatBoost, model preloaded',
      command: [
        ...[python, '-m', 'uvicorn', '--app-dir', folder, 'fastapi_service:app'],
        ...['--workers', '2', '--loop', 'uvloop', '--http', 'httptools'],
        ...['--no-access-log', '--log-level', 'warning', '--host', '127.0.0.1', '--port', '{port}'],
      ],
      env: { MODEL: model },
      repeatShare: 0,
      server: 'fastapi',
    },
    {
      // As Flask's quick start runs it, which is how such services are found: one process.
      name: 'Flask + CatBoost, model loaded per request',
      command: [
        ...[python, '-m', 'flask', '--app', `${folder}/naive_service`, 'run'],
        ...['--host', '127.0.0.1', '--port', '{port}'],
      ],
      env: { MODEL: model },
      repeatShare: 0,
      server: 'flask',
    },
    {
      name: 'the same under gunicorn with 2 workers',
      command: [
        ...[python, '-m', 'gunicorn', '--chdir', folder, 'naive_service:app'],
        ...['--workers', '2', '--log-level', 'warning', '--bind', '127.0.0.1:{port}'],
      ],
      env: { MODEL: model },
      repeatShare: 0,
      server: 'gunicorn',
    },
  ];
}
