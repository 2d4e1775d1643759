import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { localAlertmanager, localPrometheus, type LocalTargets } from './local-config.js';
import type { PartPlan } from './part.js';
import { answers } from './tools.js';

/** Where parts keep their files and what they listen on. */
export interface StackPlace {
  /** The repository. */
  readonly root: string;
  /** Data and configuration; may be deleted afterwards. */
  readonly work: string;
  readonly logs: string;
  readonly ports: {
    readonly app: number;
    readonly redis: number;
    readonly prometheus: number;
    readonly alertmanager: number;
    readonly generator: number;
    readonly redisExporter: number;
    readonly nodeExporter: number;
    readonly alertWebhook: number;
  };
}

/** Redis as in the compose file: a cache that may forget, with nothing on disk. */
export function redisPlan({ work, logs, ports }: StackPlace): PartPlan {
  const folder = join(work, 'redis');
  mkdirSync(folder, { recursive: true });
  return {
    name: 'redis',
    program: 'redis-server',
    args: [
      ...['--port', String(ports.redis), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
      ...['--maxmemory', '128mb', '--maxmemory-policy', 'allkeys-lfu'],
    ],
    log: join(logs, 'redis.log'),
    isReady: () => accepts(ports.redis),
    readyTimeoutMs: 10_000,
    stopTimeoutMs: 5_000,
  };
}

/** The service; builds first where the build is missing or older than the sources. */
export function servicePlan({ root, logs, ports }: StackPlace, withRedis: boolean): PartPlan {
  return {
    name: 'service',
    program: process.execPath,
    args: [join(root, 'scripts/start.mjs')],
    env: {
      PORT: String(ports.app),
      HOST: '127.0.0.1',
      REDIS_URL: withRedis ? `redis://127.0.0.1:${ports.redis}/0` : '',
    },
    log: join(logs, 'service.log'),
    isReady: () => answers(`http://127.0.0.1:${ports.app}/health/ready`),
    // A build on a busy machine takes a minute.
    readyTimeoutMs: 180_000,
    stopTimeoutMs: 15_000,
  };
}

/** Prints what Alertmanager sends: its log shows who would have been called. */
export function alertWebhookPlan({ root, logs, ports }: StackPlace): PartPlan {
  return {
    name: 'alert-webhook',
    program: process.execPath,
    args: [join(root, 'monitoring/webhook-receiver.mjs'), String(ports.alertWebhook)],
    log: join(logs, 'alert-webhook.log'),
    isReady: () => answers(`http://127.0.0.1:${ports.alertWebhook}/health`),
    readyTimeoutMs: 10_000,
    stopTimeoutMs: 5_000,
  };
}

/** Alertmanager with the repository's routes, its receivers pointed at the alert log. */
export function alertmanagerPlan({ root, work, logs, ports }: StackPlace): PartPlan {
  const folder = join(work, 'alertmanager');
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(join(root, 'monitoring/alertmanager.yml'), 'utf8');
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, localAlertmanager(text, `127.0.0.1:${ports.alertWebhook}`));
  const address = `127.0.0.1:${ports.alertmanager}`;
  return {
    name: 'alertmanager',
    program: 'prometheus-alertmanager',
    args: [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    log: join(logs, 'alertmanager.log'),
    isReady: () => answers(`http://${address}/-/ready`),
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 10_000,
  };
}

export function redisExporterPlan({ logs, ports }: StackPlace): PartPlan {
  const address = `127.0.0.1:${ports.redisExporter}`;
  return {
    name: 'redis-exporter',
    program: 'prometheus-redis-exporter',
    args: [`--redis.addr=redis://127.0.0.1:${ports.redis}`, `--web.listen-address=${address}`],
    log: join(logs, 'redis-exporter.log'),
    isReady: () => answers(`http://${address}/metrics`),
    readyTimeoutMs: 10_000,
    stopTimeoutMs: 5_000,
  };
}

export function nodeExporterPlan({ logs, ports }: StackPlace): PartPlan {
  const address = `127.0.0.1:${ports.nodeExporter}`;
  return {
    name: 'node-exporter',
    program: 'prometheus-node-exporter',
    args: [`--web.listen-address=${address}`],
    log: join(logs, 'node-exporter.log'),
    isReady: () => answers(`http://${address}/`),
    readyTimeoutMs: 10_000,
    stopTimeoutMs: 5_000,
  };
}

/** Prometheus with the repository's configuration and rules, its targets those of this machine. */
export function prometheusPlan(
  { root, work, logs, ports }: StackPlace,
  targets: LocalTargets,
): { readonly plan: PartPlan; readonly leftOut: readonly string[] } {
  const folder = join(work, 'prometheus');
  mkdirSync(folder, { recursive: true });
  const source = readFileSync(join(root, 'prometheus.yml'), 'utf8');
  const { text, leftOut } = localPrometheus(source, root, targets);
  const config = join(folder, 'prometheus.yml');
  writeFileSync(config, text);
  const address = `127.0.0.1:${ports.prometheus}`;
  const plan = {
    name: 'prometheus',
    program: 'prometheus',
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=35d',
      `--web.listen-address=${address}`,
      '--enable-feature=exemplar-storage',
      '--log.level=warn',
    ],
    log: join(logs, 'prometheus.log'),
    isReady: () => answers(`http://${address}/-/ready`),
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 15_000,
  };
  return { plan, leftOut };
}

/** The generator at a steady rate, built together with the service. */
export function generatorPlan({ root, logs, ports }: StackPlace, rate: number): PartPlan {
  return {
    name: 'generator',
    program: process.execPath,
    args: [
      join(root, 'dist/generator/main.js'),
      ...['drive', '--url', `http://127.0.0.1:${ports.app}`, '--rate', String(rate)],
      ...['--metrics-port', String(ports.generator)],
    ],
    log: join(logs, 'generator.log'),
    isReady: () => answers(`http://127.0.0.1:${ports.generator}/metrics`),
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 15_000,
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.setTimeout(1000, () => end(false));
  });
}
