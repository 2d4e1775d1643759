/** `npm run stack`: all of regno as local processes, without Docker. See {@link USAGE}. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { readOptions, USAGE, type StackOptions } from './stack/options.js';
import type { Part } from './stack/part.js';
import * as plans from './stack/plans.js';
import { Stack } from './stack/stack.js';
import { install, installCommand, missingPrograms, pickPort, type Program } from './stack/tools.js';

const ROOT = resolve(import.meta.dirname, '..');

/** One line of the table that is printed when everything runs. */
interface Row {
  readonly part: string;
  readonly address: string;
  readonly note: string;
}

async function main(options: StackOptions): Promise<number> {
  const missing = new Set(missingPrograms());
  if (options.install && missing.size > 0) {
    install([...missing]);
    missing.clear();
  }
  const work = mkdtempSync(join(tmpdir(), 'regno-stack-'));
  const logs = join(ROOT, '.cache/stack/logs');
  mkdirSync(logs, { recursive: true });
  const place = { root: ROOT, work, logs, ports: await pickPorts(options) };

  let endWith: (code: number) => void = () => undefined;
  const end = new Promise<number>((resolveEnd) => (endWith = resolveEnd));
  const stack = new Stack((part, how) => {
    console.error(`\n${part.plan.name} ${how}; the end of ${part.plan.log}:\n${part.logTail()}`);
    endWith(1);
  });
  const stopWatching = onInterrupt(endWith, () => stack.kill());
  let timer: NodeJS.Timeout | undefined;
  try {
    const started = startAll(stack, place, missing, options).then((rows) => {
      printTable(rows, missing, relative(process.cwd(), logs));
      if (options.forMs !== undefined) timer = setTimeout(endWith, options.forMs, 0);
      return end;
    });
    return await Promise.race([started, end]);
  } finally {
    clearTimeout(timer);
    console.log('\nstopping ...');
    await stack.stop();
    rmSync(work, { recursive: true, force: true });
    stopWatching();
    console.log('all parts have stopped');
  }
}

/** npm repeats the SIGINT of a terminal's Ctrl-C: repeats within this time are ignored. */
const REPEATED_SIGNAL_MS = 500;

/** The first Ctrl-C or SIGTERM ends the stack in order; a later one ends all at once. */
function onInterrupt(endWith: (code: number) => void, endNow: () => void): () => void {
  let firstAt: number | undefined;
  const listener = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      endWith(0);
    } else if (performance.now() - firstAt > REPEATED_SIGNAL_MS) {
      endNow();
      process.exit(130);
    }
  };
  process.on('SIGINT', listener).on('SIGTERM', listener);
  return () => process.off('SIGINT', listener).off('SIGTERM', listener);
}

async function startAll(
  stack: Stack,
  place: plans.StackPlace,
  missing: ReadonlySet<Program>,
  options: StackOptions,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const targets = new Map<string, string>();
  const { ports } = place;
  const at = (port: number) => `127.0.0.1:${port}`;
  const add = async (plan: Parameters<Stack['start']>[0], address: string, note: string) => {
    process.stderr.write(`starting ${plan.name} ...\n`);
    const part: Part = await stack.start(plan);
    rows.push({ part: plan.name, address, note: `${note} (pid ${part.pid})` });
  };

  const redis = !missing.has('redis-server');
  if (redis) await add(plans.redisPlan(place), `redis://${at(ports.redis)}`, 'cache, LFU, 128 MB');
  const service = plans.servicePlan(place, redis);
  await add(service, `http://${at(ports.app)}`, 'POST /reg/; demo key 123321');
  targets.set('app:5000', at(ports.app));

  if (redis && !missing.has('prometheus-redis-exporter')) {
    await add(plans.redisExporterPlan(place), `http://${at(ports.redisExporter)}/metrics`, '');
    targets.set('redis-exporter:9121', at(ports.redisExporter));
  }
  if (!missing.has('prometheus-node-exporter')) {
    await add(plans.nodeExporterPlan(place), `http://${at(ports.nodeExporter)}/metrics`, '');
    targets.set('node-exporter:9100', at(ports.nodeExporter));
  }
  if (!missing.has('prometheus-alertmanager')) {
    await add(
      plans.alertWebhookPlan(place),
      `http://${at(ports.alertWebhook)}`,
      'its log shows alerts',
    );
    await add(plans.alertmanagerPlan(place), `http://${at(ports.alertmanager)}`, 'alerts');
    targets.set('alertmanager:9093', at(ports.alertmanager));
  }
  if (options.rate > 0) targets.set('generator:9464', at(ports.generator));
  if (!missing.has('prometheus')) {
    targets.set('localhost:9090', at(ports.prometheus));
    const { plan, leftOut } = plans.prometheusPlan(place, targets);
    await add(plan, `http://${at(ports.prometheus)}`, `without ${leftOut.join(', ')}`);
  }
  if (options.rate > 0) {
    const plan = plans.generatorPlan(place, options.rate);
    await add(plan, `http://${at(ports.generator)}/metrics`, `${options.rate} requests/s`);
  }
  return rows;
}

async function pickPorts({ anyPorts, appPort }: StackOptions): Promise<plans.StackPlace['ports']> {
  const wanted = {
    app: 5000,
    redis: 6379,
    prometheus: 9090,
    alertmanager: 9093,
    generator: 9464,
    redisExporter: 9121,
    nodeExporter: 9100,
    alertWebhook: 9095,
  };
  const taken = new Set<number>();
  const picked = { ...wanted };
  for (const name of Object.keys(wanted) as (keyof typeof wanted)[]) {
    let port = await pickPort(anyPorts ? 0 : wanted[name]);
    if (name === 'app' && appPort !== undefined) {
      port = await pickPort(appPort);
      // Who names a port has given it to others: another one would do no good.
      if (port !== appPort) throw new Error(`PORT: ${appPort} is taken`);
    }
    while (taken.has(port)) port = await pickPort(0);
    taken.add(port);
    picked[name] = port;
  }
  return picked;
}

function printTable(rows: readonly Row[], missing: ReadonlySet<Program>, logs: string): void {
  const width = (key: 'part' | 'address') => Math.max(...rows.map((row) => row[key].length));
  const line = (row: Row) =>
    `  ${row.part.padEnd(width('part'))}  ${row.address.padEnd(width('address'))}  ${row.note}`;
  console.log(`\nregno's stack is up:\n\n${rows.map(line).join('\n')}\n\n  logs in ${logs}`);
  if (missing.size > 0) {
    const hint = installCommand([...missing]).join(' ');
    console.log(`  not installed: ${[...missing].join(', ')}; --install, or as root: ${hint}`);
  }
  console.log('  Grafana is not among them: `docker compose up` has it.\n\nCtrl-C stops all.');
}

try {
  const options = readOptions(process.argv.slice(2), process.env['PORT']);
  if (options.help) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
