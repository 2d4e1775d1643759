/**
 * Builds both images and brings the compose file up on a Docker engine of its own, without any
 * image registry: `npm run test:containers [-- --fresh] [-- --keep]`.
 *
 * Everything it needs is under .cache/containers afterwards, so that a second run is short;
 * `--fresh` starts without that. `--keep` leaves the stack running until Ctrl-C.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { answerHelp } from '../../tools/help-option.mjs';
import { parse } from 'yaml';
import { z } from 'zod';
import { logCommandsTo, run, waitFor } from './command.js';
import { Compose } from './compose.js';
import { startEngine, type Engine } from './engine.js';
import {
  ensureComposePlugins,
  ensureDebianPrograms,
  ensureLinters,
  MissingToolsError,
} from './host-tools.js';
import * as stack from './stack-checks.js';
import { ensureNodeImage, ensureServiceImages } from './stand-ins.js';
import { checkCommandLines, checkHardening, lint } from './static-checks.js';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = join(ROOT, 'test/containers');
const CACHE = join(ROOT, '.cache/containers');
const KEY_FILE = join(ROOT, 'deploy/demo-secrets/api-keys');
const MINUTE_MS = 60_000;
/** All of it; the first run downloads two Debian systems and an engine. */
const LIMIT_MS = 30 * MINUTE_MS;

/**
 * Short, and with limits that hold where generator, service and all the rest share two cores with
 * whatever else runs: what is proved here is that nothing fails. Errors allowed: none.
 */
const PROOF = { PROVE_DURATION: '20s', PROVE_P99_MS: '250', PROVE_P999_MS: '1000' };

const timings: { readonly stage: string; readonly seconds: number }[] = [];

async function stage<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  process.stdout.write(`${name} ...`);
  try {
    const result = await work();
    const seconds = (performance.now() - start) / 1000;
    timings.push({ stage: name, seconds });
    console.log(` ${seconds.toFixed(1)} s${typeof result === 'string' ? `\n    ${result}` : ''}`);
    return result;
  } catch (error) {
    console.log(' FAILED');
    throw error;
  }
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--fresh')) rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  logCommandsTo(join(CACHE, 'commands.log'));
  await stage('Debian packages', ensureDebianPrograms);
  const clientConfig = await stage('Compose v2 and buildx', () => ensureComposePlugins(CACHE));
  const linters = await stage('linters', () => ensureLinters(CACHE));
  await stage('lint', () => lint(ROOT, linters));
  const engine = await stage('Docker engine', () => startEngine(CACHE, clientConfig));
  const atEnd: (() => Promise<void>)[] = [() => engine.stop()];
  const end = once(async () => {
    for (const step of atEnd.toReversed()) {
      await step().catch((error: unknown) => console.error(error));
    }
  });
  const timer = setTimeout(() => stopNow('took more than 30 minutes', end), LIMIT_MS);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stopNow(`stopped by ${signal}`, end));
  }
  try {
    await checkAll(engine, atEnd, args.includes('--keep'));
  } finally {
    clearTimeout(timer);
    await stage('take down', end);
  }
}

async function checkAll(
  engine: Engine,
  atEnd: (() => Promise<void>)[],
  keep: boolean,
): Promise<void> {
  await stage('stand-in for node:24-bookworm-slim', () => ensureNodeImage(engine, CACHE));
  await stage('stand-ins of services', () => ensureServiceImages(engine, CACHE, FOLDER));
  console.log('    Grafana and cAdvisor cannot be had here: placeholders answer in their place.');
  const ports = await freePorts();
  const real = new Compose(engine, ROOT, ['docker-compose.yml'], ports);
  await stage('compose file', () => checkHardening(real));
  const files = ['docker-compose.yml', 'test/containers/override.yml'];
  const compose = new Compose(engine, ROOT, files, ports, PROOF);
  atEnd.push(async () => {
    // For the log of commands: the containers and all they said are about to go.
    await compose.run(['logs', '--no-color', '--tail', '300'], { timeoutMs: MINUTE_MS });
    await compose.down();
  });
  await compose.down();
  await stage('build images', () => buildImages(engine, compose));
  await stage('command lines', () => checkCommandLines(real, engine));
  await stage('up --wait', async () => {
    // As from a fresh clone: `up` itself must find out what to build. The layers are kept.
    await run('docker', ['image', 'rm', '--force', 'regno', 'regno-generator'], {
      timeoutMs: MINUTE_MS,
      env: engine.env,
    });
    await compose.run(['up', '--detach', '--wait', '--wait-timeout', '180'], {
      timeoutMs: 10 * MINUTE_MS,
    });
  });
  const key = readFileSync(KEY_FILE, 'utf8').trim();
  await stage('a reading is answered', () => stack.checkAnswer(compose, key));
  await stage('locked up', () => stack.checkLockedUp(compose));
  await stage('packages', () => stack.checkPackages(compose));
  await stage('Prometheus sees all', () => stack.checkTargets(compose, jobsWithTargets()));
  await stage('500 requests/s proved', () => stack.checkProof(compose));
  await stage('Redis stops, its alert fires', () => stack.checkAlert(compose, key));
  if (keep) await untilInterrupted(compose);
  await stage('the service stops', () => stack.checkStop(compose));
  await stage('the service alone', () => checkMinimal(compose, key));
  await stage('slim image', () => checkSlim(engine));
}

async function buildImages(engine: Engine, compose: Compose): Promise<string> {
  await compose.run(['build', 'app', 'generator'], { timeoutMs: 15 * MINUTE_MS });
  const slim = ['buildx', 'build', '--network', 'host', '--target', 'slim', '--load'];
  await run('docker', [...slim, '--tag', 'regno:slim', ROOT], {
    timeoutMs: 10 * MINUTE_MS,
    env: engine.env,
  });
  // Layers of earlier states of the sources would fill the disk over time.
  for (const prune of [
    ['image', 'prune', '--force'],
    ['builder', 'prune', '--force', '--keep-storage', '4GB'],
  ]) {
    await run('docker', prune, { timeoutMs: 5 * MINUTE_MS, env: engine.env });
  }
  const sizes: string[] = [];
  for (const image of ['node:24-bookworm-slim', 'regno:slim', 'regno', 'regno-generator']) {
    const format = ['image', 'inspect', '--format', '{{.Size}}', image];
    const size = await run('docker', format, { timeoutMs: MINUTE_MS, env: engine.env });
    sizes.push(`${image} ${(Number(size.stdout) / 1e6).toFixed(1)} MB`);
  }
  return sizes.join(', ');
}

/** `docker compose up minimal`, on the port that the stopped `app` has left. */
async function checkMinimal(compose: Compose, key: string): Promise<string> {
  await compose.run(['up', '--detach', '--wait', '--wait-timeout', '120', 'minimal'], {
    timeoutMs: 5 * MINUTE_MS,
  });
  return stack.checkAnswer(compose, key);
}

/** The slim image says that it has no model, and serves one that is mounted. */
async function checkSlim(engine: Engine): Promise<string> {
  const base = ['run', '--rm', '--network', 'none', '--read-only', '--cap-drop', 'ALL'];
  const slim = [...base, '--env', 'API_KEYS=a-key-of-this-check', '--env', 'WORKERS=1'];
  const options = { timeoutMs: 2 * MINUTE_MS, env: engine.env };
  const without = await run('docker', [...slim, 'regno:slim'], { ...options, mayFail: true });
  if (without.code === 0) throw new Error('the slim image without a model ended with 0');
  const mounts = ['--volume', `${join(ROOT, 'models/pick-regno')}:/model:ro`];
  const name = 'regno-slim-check';
  const withModel = ['--detach', '--name', name, ...mounts, '--env', 'MODEL=/model'];
  await run('docker', [...slim, ...withModel, 'regno:slim'], options);
  try {
    await waitFor('the slim image with a mounted model to be healthy', 2 * MINUTE_MS, async () => {
      const format = ['inspect', '--format', '{{.State.Health.Status}}', name];
      const state = await run('docker', format, options);
      return state.stdout.trim() === 'healthy' ? true : undefined;
    });
  } finally {
    await run('docker', ['stop', name], { ...options, mayFail: true });
  }
  return `ends with ${without.code} without a model; healthy with one that is mounted`;
}

/** The jobs of prometheus.yml that must have a target; those that read a file of targets may not. */
function jobsWithTargets(): readonly string[] {
  const schema = z.object({
    scrape_configs: z.array(
      z.object({ job_name: z.string(), static_configs: z.unknown().optional() }),
    ),
  });
  const text = readFileSync(join(ROOT, 'prometheus.yml'), 'utf8');
  return schema
    .parse(parse(text))
    .scrape_configs.filter((job) => job.static_configs !== undefined)
    .map((job) => job.job_name);
}

async function freePorts() {
  const [app, prometheus, alertmanager, grafana] = await Promise.all(
    Array.from({ length: 4 }, freePort),
  );
  if (!app || !prometheus || !alertmanager || !grafana) throw new Error('no free port');
  return { app, prometheus, alertmanager, grafana };
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

async function untilInterrupted(compose: Compose): Promise<never> {
  console.log('the stack runs; Ctrl-C takes it down', compose.ports);
  return new Promise<never>(() => setInterval(() => undefined, MINUTE_MS));
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

function stopNow(why: string, end: () => Promise<void>): void {
  console.error(`\n${why}: taking everything down`);
  void end().finally(() => process.exit(1));
}

answerHelp(
  'usage: npm run test:containers [-- --fresh] [-- --keep]\n' +
    'Builds and tries the images with a Docker engine of its own; --keep leaves the stack running.',
  ['--fresh', '--keep'],
);
try {
  await main(process.argv.slice(2));
  const total = timings.reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(`\nall checks passed in ${total.toFixed(0)} s`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause !== undefined) console.error('cause:', error.cause);
  if (!(error instanceof MissingToolsError) && existsSync(CACHE)) {
    console.error(`every command and its output: ${join(CACHE, 'commands.log')}`);
  }
  process.exitCode = 1;
}
