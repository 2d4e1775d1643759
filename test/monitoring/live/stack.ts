import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { compileCatBoost } from '../../../app/model/compile-catboost.js';
import type { ChildProgram } from '../../../tools/child-program.js';
import { ROOT } from '../rule-files.js';
import { writeOverlay } from './overlay.js';
import { freePorts, start } from './processes.js';
import { PrometheusApi } from './prometheus-api.js';

const STOP_TIMEOUT_MS = 8000;

export interface Notification {
  /** Path of the receiver: /pages, /tickets or /heartbeat. */
  readonly to: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Addresses, as `host:port`. */
export interface Addresses {
  readonly main: string;
  readonly weak: string;
  readonly generator: string;
  readonly redis: string;
  readonly redisExporter: string;
  readonly node: string;
  readonly blackbox: string;
  readonly tls: string;
  readonly prometheus: string;
  readonly alertmanager: string;
}

/** The whole stack as real processes of this machine, watched with the committed configuration. */
export class LiveStack {
  readonly notifications: Notification[] = [];
  readonly prometheus: PrometheusApi;
  readonly startedAt = Date.now() / 1000;
  #processes: ChildProgram[] = [];
  #webhook: Server | undefined;

  private constructor(
    readonly folder: string,
    readonly at: Addresses,
  ) {
    this.prometheus = new PrometheusApi(`http://${at.prometheus}`);
  }

  static async create(folder: string): Promise<LiveStack> {
    const ports = (await freePorts(10)).map((port) => `127.0.0.1:${port}`);
    const next = (): string => ports.pop() ?? '';
    return new LiveStack(folder, {
      main: next(),
      weak: next(),
      generator: next(),
      redis: next(),
      redisExporter: next(),
      node: next(),
      blackbox: next(),
      tls: next(),
      prometheus: next(),
      alertmanager: next(),
    });
  }

  /** Starts what watches: exporters, Prometheus, Alertmanager and a receiver of notifications. */
  async startWatch(): Promise<{ readonly nodeExporter: ChildProgram; readonly config: string }> {
    const { at } = this;
    const webhook = await this.#startWebhook();
    const overlay = writeOverlay({
      folder: this.folder,
      targets: {
        regno: [at.main, at.weak],
        generator: [at.generator],
        redis: [at.redisExporter],
        node: [at.node],
        prometheus: [at.prometheus],
        alertmanager: [at.alertmanager],
        tls: [`https://${at.tls}`],
      },
      alertmanager: at.alertmanager,
      blackbox: at.blackbox,
      webhook,
    });
    const blackboxConfig = join(this.folder, 'blackbox.yml');
    // The certificate of the test is its own; what is checked here is the end of it.
    writeFileSync(
      blackboxConfig,
      readFileSync(join(ROOT, 'monitoring/blackbox.yml'), 'utf8').replace(
        'fail_if_not_ssl: true',
        'fail_if_not_ssl: true\n      tls_config: { insecure_skip_verify: true }',
      ),
    );
    const [nodeExporter] = await Promise.all([
      this.startNodeExporter(),
      this.start('redis-exporter', 'prometheus-redis-exporter', at.redisExporter, [
        `-web.listen-address=${at.redisExporter}`,
        `-redis.addr=redis://${at.redis}`,
      ]),
      this.start('blackbox', 'prometheus-blackbox-exporter', at.blackbox, [
        `--config.file=${blackboxConfig}`,
        `--web.listen-address=${at.blackbox}`,
      ]),
      this.start('alertmanager', 'prometheus-alertmanager', at.alertmanager, [
        `--config.file=${overlay.alertmanager}`,
        `--storage.path=${join(this.folder, 'alertmanager')}`,
        `--web.listen-address=${at.alertmanager}`,
        '--cluster.listen-address=',
      ]),
      this.start('prometheus', 'prometheus', at.prometheus, [
        `--config.file=${overlay.prometheus}`,
        `--storage.tsdb.path=${join(this.folder, 'tsdb')}`,
        `--web.listen-address=${at.prometheus}`,
        '--web.enable-lifecycle',
      ]),
    ]);
    return { nodeExporter, config: overlay.prometheus };
  }

  startNodeExporter(): Promise<ChildProgram> {
    return this.start('node-exporter', 'prometheus-node-exporter', this.at.node, [
      `--web.listen-address=${this.at.node}`,
    ]);
  }

  startRedis(memory = '64mb'): Promise<ChildProgram> {
    return this.start('redis', 'redis-server', undefined, [
      ...['--port', this.at.redis.split(':')[1] ?? ''],
      ...['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      ...['--maxmemory', memory, '--maxmemory-policy', 'allkeys-lfu'],
    ]);
  }

  /** @param address one of the two instances; @param env its settings */
  startService(
    address: string,
    env: Readonly<Record<string, string>>,
    readyPath = '/health/ready',
  ): Promise<ChildProgram> {
    const [host = '', port = ''] = address.split(':');
    return this.#keep(
      start({
        name: address === this.at.main ? 'regno-main' : 'regno-weak',
        command: process.execPath,
        args: [join(ROOT, 'dist/app/main.js')],
        env: { HOST: host, PORT: port, LOG_LEVEL: 'info', ...env },
        readyUrl: `http://${address}${readyPath}`,
        folder: this.folder,
      }),
    );
  }

  startGenerator(rate: number, repeat: number): Promise<ChildProgram> {
    return this.start('generator', process.execPath, this.at.generator, [
      join(ROOT, 'dist/generator/main.js'),
      'prove',
      ...['--url', `http://${this.at.main}/reg/`],
      ...['--rate', String(rate), '--duration', '1h', '--warmup', '0'],
      ...['--p99', 'none', '--p999', 'none', '--errors', 'none'],
      ...['--repeat', String(repeat), '--faulty', '0.04', '--timeout', '2s', '--spin', '0'],
      ...['--metrics-port', this.at.generator.split(':')[1] ?? ''],
    ]);
  }

  start(
    name: string,
    command: string,
    address: string | undefined,
    args: readonly string[],
  ): Promise<ChildProgram> {
    const ready = address === undefined ? {} : { readyUrl: `http://${address}/metrics` };
    return this.#keep(start({ name, command, args, folder: this.folder, ...ready }));
  }

  /** A copy of the shipped model that has another digest and does not answer its golden readings. */
  damagedModel(): string {
    const folder = join(this.folder, 'damaged-model');
    const shipped = join(ROOT, 'models/pick-regno');
    mkdirSync(folder, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(shipped, 'manifest.json'), 'utf8')) as {
      model: { file: string; format: string; bytes: number; sha256: string };
      golden: { file: string };
    };
    const source = manifest.model.sha256;
    const compiled = Buffer.from(
      compileCatBoost(readFileSync(join(shipped, manifest.model.file))).onnx,
    );
    const other = createHash('sha256').update('another model').digest('hex');
    for (let at = compiled.indexOf(source); at >= 0; at = compiled.indexOf(source, at + 1)) {
      compiled.write(other, at, 'latin1');
    }
    manifest.model = {
      ...manifest.model,
      file: 'model.onnx',
      format: 'onnx',
      bytes: compiled.length,
      sha256: createHash('sha256').update(compiled).digest('hex'),
    };
    writeFileSync(join(folder, 'model.onnx'), compiled);
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    cpSync(join(shipped, manifest.golden.file), join(folder, manifest.golden.file));
    const golden = join(folder, manifest.golden.file);
    writeFileSync(
      golden,
      readFileSync(golden, 'utf8').replace(/"positive": ?0\.\d/g, '"positive":0.5'),
    );
    return folder;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.stop(STOP_TIMEOUT_MS)));
    this.#webhook?.closeAllConnections();
    this.#webhook?.close();
  }

  async #keep(starting: Promise<ChildProgram>): Promise<ChildProgram> {
    const started = await starting;
    this.#processes.push(started);
    return started;
  }

  #startWebhook(): Promise<string> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { alerts: Notification[] };
        for (const alert of body.alerts) {
          this.notifications.push({ ...alert, to: request.url ?? '' });
        }
        response.writeHead(200).end();
      });
    });
    this.#webhook = server;
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      });
    });
  }
}
