import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks } from '../testing/lacks.js';
import { dataPanels, readDashboards } from './dashboard-files.js';
import {
  unheard,
  dawdle,
  flood,
  goldenBodies,
  hangUp,
  keepCalling,
  post,
  type Body,
  type Traffic,
} from './live/callers.js';
import { speedUpQuery } from './live/overlay.js';
import type { ChildProgram } from '../../tools/child-program.js';
import { copyModelFolder, falsifyGolden } from '../testing/other-model.js';
import { TestRegistry } from '../testing/test-registry.js';
import { childrenOf, until } from './live/processes.js';
import { LiveStack } from './live/stack.js';
import { ROOT, readRules } from './rule-files.js';

/** Long enough for the slowest alert and its end under the speed-up, on a busy machine. */
const WAIT_MS = 120_000;

/** Queries that cannot have data here, and why. Everything else must have. */
const WITHOUT_DATA: readonly (readonly [RegExp, string])[] = [
  [/\bcontainer_/, 'cAdvisor is no Debian package; promtool tests cover its alerts'],
  [/regno_sentry_events_total/, 'no Sentry is configured here'],
  [/regno_trace_spans_total/, 'no collector of traces is configured here'],
];

/** Alerts that need a fault which cannot be made here in bounded time; promtool covers them. */
const NOT_MADE_HERE: Readonly<Record<string, string>> = {
  RegnoMissing: 'the configuration would have to lose the job',
  RegnoEventLoopSaturated: 'would need all of the machine, and the others stand on it too',
  RegnoMemoryHigh: 'would need a leak',
  RegnoQueueGrowing: 'the queue empties with each turn unless the machine is saturated',
  RegnoRedisSlow: 'the breaker opens before the share is reached',
  RegnoGeneratorLate: 'would need a machine too slow for its generator',
  DiskNearlyFull: 'would need a full disk',
  HostMemoryLow: 'would need a full memory',
  ContainerMemoryNearLimit: 'no cAdvisor here',
  ContainerKilledForMemory: 'no cAdvisor here',
  PrometheusRuleFailures: 'would need a rule that fails',
  PrometheusWithoutAlertmanager: 'the configuration would have to lose Alertmanager',
  PrometheusNotificationsFailing: 'would silence what the other alerts need',
  AlertmanagerNotificationsFailing: 'would silence what the other alerts need',
};

/** What a machine that is busy with other things may bring about before any fault is made. */
const MAY_BE_TRUE = new Set([
  'Watchdog',
  'HostMemoryLow',
  'DiskNearlyFull',
  'RegnoEventLoopDelayed',
  'RegnoEventLoopSaturated',
  'RegnoGeneratorLate',
  'RegnoLatencyBurnFast',
  'RegnoLatencyBurnSlow',
  'RegnoLogLinesDropped',
  'RegnoRedisDegraded',
  'RegnoRedisSlow',
]);

const isLacking = lacks(
  'redis-server',
  'prometheus',
  'prometheus-alertmanager',
  'prometheus-blackbox-exporter',
  'prometheus-redis-exporter',
  'prometheus-node-exporter',
  'openssl',
  'ps',
);
const built = ['dist/app/main.js', 'dist/generator/main.js'].every((file) =>
  existsSync(join(ROOT, file)),
);
if (!built) console.warn('SKIPPED: the stack, alive, is not built (npm run build)');

/** Makes the model of a worker fail, and repairs it, at each SIGUSR2. */
const FAULTS = join(ROOT, 'test/observability/support/inject-faults.mjs');

describe.skipIf(isLacking || !built)('the stack, alive', { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'regno-live-'));
  const bodies = goldenBodies();
  const seen = new Set<string>();
  let stack: LiveStack;
  let main: ChildProgram;
  let weak: ChildProgram;
  let redis: ChildProgram;
  let generator: ChildProgram;
  let watch: { readonly nodeExporter: ChildProgram; readonly config: string };
  let mainUrl: string;
  let weakUrl: string;
  let tls: Server | undefined;
  let camera: Traffic | undefined;
  let registry: TestRegistry;
  const probe = { camera_class: 'Проба', camera_type: 'Стационарная' };
  let cameraBody: Body = { ...bodies.network, ...probe };

  beforeAll(async () => {
    stack = await LiveStack.create(folder);
    mainUrl = `http://${stack.at.main}`;
    weakUrl = `http://${stack.at.weak}`;
    redis = await stack.startRedis();
    registry = new TestRegistry(join(folder, 'registry'));
    await registry.pushFrom(join(ROOT, 'models/pick-regno'), '1.0.0');
    await registry.promoteVersion('1.0.0');
    const env = {
      REDIS_URL: `redis://${stack.at.redis}`,
      REGNO_LOG_LINES_PER_SECOND: '2',
      MODEL: 'pick-regno@champion',
      REGNO_REGISTRY: registry.folder,
      // Twice the 30 s of RegnoWorkerSilent, which no speed-up shortens: at the default of 10 s a hung
      // worker is replaced before it is silent.
      REGNO_HANG_TIMEOUT_MS: '60000',
    };
    main = await stack.startService(stack.at.main, { ...env, WORKERS: '2' });
    weak = await stack.startService(stack.at.weak, { WORKERS: '1', REGNO_INFLIGHT_MAX: '2' });
    generator = await stack.startGenerator(150, 0.5);
    camera = keepCalling(60, () => post(mainUrl, unheard(cameraBody)));
    tls = await startTls(60);
    watch = await stack.startWatch();
  }, 120_000);

  afterAll(async () => {
    await Promise.all([closeTls(), camera?.stop(), stack.stop()]);
    if (process.env['KEEP_LIVE'] === undefined) rmSync(folder, { recursive: true });
    else console.warn(`kept ${folder}`);
  }, 60_000);

  async function fires(name: string, labels: Readonly<Record<string, string>> = {}) {
    await stack.prometheus.fires(name, WAIT_MS, labels);
    seen.add(name);
  }

  const ends = (name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> =>
    stack.prometheus.ends(name, WAIT_MS, labels);

  /** Names of the alerts that Alertmanager sent to a receiver so far. */
  const sentTo = (to: string, status: string): Set<string> =>
    new Set(
      stack.notifications
        .filter((one) => one.to === to && one.status === status)
        .map((one) => one.labels['alertname'] ?? ''),
    );

  /** Before its fault is fixed: one that is over before Alertmanager has waited for its group is not. */
  const isTold = (to: string, name: string): Promise<void> =>
    until(`${name} is sent`, WAIT_MS, () => sentTo(to, 'firing').has(name));

  /** An https server whose certificate ends in so many days. */
  async function startTls(days: number): Promise<Server> {
    const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', String(days), '-subj', '/CN=localhost'],
    ]);
    expect(made.status).toBe(0);
    const server = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (_request, response) => response.end('ok'),
    );
    const port = Number(stack.at.tls.split(':')[1]);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return server;
  }

  async function closeTls(): Promise<void> {
    tls?.closeAllConnections();
    await new Promise((resolve) => (tls === undefined ? resolve(true) : tls.close(resolve)));
  }

  async function restartTls(days: number): Promise<void> {
    await closeTls();
    tls = await startTls(days);
  }

  it('scrapes every target, evaluates every rule, and is calm', async () => {
    await until('all targets are up', WAIT_MS, async () => {
      const up = await stack.prometheus.value('count(max_over_time(up[10s]) == 1)');
      return up === 8;
    });
    await fires('Watchdog');
    await until('the past of the camera class is long enough', WAIT_MS, async () => {
      const past = await stack.prometheus.value(
        'camera_class:regno_camera_readings:increase1d_past{camera_class="Проба"}',
      );
      return (past ?? 0) > 1000;
    });
    const unhealthy = (await stack.prometheus.rules()).filter(({ health }) => health !== 'ok');
    expect(unhealthy).toEqual([]);
    const firing = (await stack.prometheus.firing())
      .map((alert) => alert.labels['alertname'])
      .filter((name) => !MAY_BE_TRUE.has(name!));
    expect(firing).toEqual([]);
  });

  it('fires for faults of Redis, callers, cameras and platform, and of their end', async () => {
    await Promise.all([redisFault(), callerFaults(), cameraFaults(), platformFaults()]);
  });

  it('fires for workers that die, and of instances that shed or have a bad model', async () => {
    await Promise.all([workerDeaths(), weakInstance()]);
  });

  it('fires for slow answers, hung workers, all of them hung, and a registry', async () => {
    await slowAnswers();
    await hungWorker();
    await everyWorkerHangs();
    await registryFaults();
  });

  it('fires when the cache is of no use, and when readings stop, by class and altogether', async () => {
    // The camera goes on alone, with readings that no cache has seen.
    await generator.stop();
    await fires('RegnoCacheHitRateCollapsed');
    await camera?.stop();
    await Promise.all([
      fires('RegnoNoTraffic'),
      fires('RegnoCameraClassSilent', { camera_class: 'Проба' }),
      ends('RegnoCacheHitRateCollapsed'),
    ]);
    camera = keepCalling(60, () => post(mainUrl, unheard(cameraBody)));
    await Promise.all([
      ends('RegnoNoTraffic'),
      ends('RegnoCameraClassSilent', { camera_class: 'Проба' }),
    ]);
  });

  it('reached the right people, by way of Alertmanager', async () => {
    await until('the end of RegnoNoTraffic is sent', WAIT_MS, () =>
      sentTo('/tickets', 'resolved').has('RegnoNoTraffic'),
    );
    expect(sentTo('/heartbeat', 'firing')).toEqual(new Set(['Watchdog']));
    const pages = ['RegnoGoldenCheckFailed', 'RegnoDown', 'CertificateNearEnd'];
    expect([...sentTo('/pages', 'firing')]).toEqual(expect.arrayContaining(pages));
    const tickets = ['RegnoCameraClassShifted', 'RegnoNoTraffic'];
    expect([...sentTo('/tickets', 'firing')]).toEqual(expect.arrayContaining(tickets));
    const severitiesOf = (to: string): Set<string | undefined> =>
      new Set(
        stack.notifications.filter((one) => one.to === to).map(({ labels }) => labels['severity']),
      );
    expect(severitiesOf('/pages')).toEqual(new Set(['critical']));
    expect(severitiesOf('/tickets')).toEqual(new Set(['warning']));
    const links = stack.notifications.map((one) => one.annotations['dashboard_url'] ?? '');
    expect(links.filter((link) => !link.startsWith('http://localhost:3000/d/regno-'))).toEqual([]);
    expect(stack.notifications.flatMap((one) => Object.keys(one.labels))).not.toContain('grafana');
  });

  it('had data for every query of every panel and annotation', async () => {
    const queries = readDashboards().flatMap((board) => [
      ...dataPanels(board).flatMap(({ title, targets }) =>
        (targets ?? []).map(({ expr }) => ({ where: `${board.uid}: ${title}`, expr })),
      ),
      ...board.annotations.list.flatMap(({ name, expr }) =>
        expr === undefined ? [] : [{ where: `${board.uid}: annotation ${name}`, expr }],
      ),
    ]);
    expect(queries.length).toBeGreaterThan(100);
    expect(await withoutData(queries)).toEqual([]);
  });

  it('had data for every recording rule and every metric that an alert reads', async () => {
    const rules = readRules();
    const recorded = [...new Set(rules.flatMap((rule) => rule.record ?? []))];
    const read = rules
      .filter((rule) => rule.alert !== undefined)
      .flatMap((rule) => (rule.expr.match(METRIC) ?? []).map((name) => [rule.alert!, name]));
    const queries = [
      ...recorded.map((name) => ({ where: name, expr: name })),
      ...read.map(([alert, name]) => ({ where: alert!, expr: name! })),
    ];
    expect(queries.length).toBeGreaterThan(80);
    expect(await withoutData(queries)).toEqual([]);
  });

  it('made every alert fire but those that are listed with a reason', () => {
    const all = new Set(readRules().flatMap((rule) => rule.alert ?? []));
    const notSeen = [...all].filter((name) => !seen.has(name)).sort();
    expect(notSeen).toEqual(Object.keys(NOT_MADE_HERE).sort());
  });

  /** Ends the traffic that makes a fault, whether or not what it should bring about came. */
  async function during(faults: readonly Traffic[], awaited: readonly Promise<void>[]) {
    try {
      await Promise.all(awaited);
    } finally {
      await Promise.all(faults.map((traffic) => traffic.stop()));
    }
  }

  async function redisFault(): Promise<void> {
    redis.signal('SIGKILL');
    await Promise.all([fires('RedisDown'), fires('RegnoRedisDegraded')]);
    // It comes back without room for a single answer.
    redis = await stack.startRedis('1');
    const refused = { instance: stack.at.main, cause: 'OOM' };
    await Promise.all([ends('RedisDown'), fires('RegnoRedisStoresRefused', refused)]);
    await redis.stop();
    redis = await stack.startRedis();
    await Promise.all([ends('RegnoRedisStoresRefused', refused), ends('RegnoRedisDegraded')]);
  }

  async function callerFaults(): Promise<void> {
    const strangers = keepCalling(120, () => post(mainUrl, bodies.network, 'wrong'));
    const impatient = keepCalling(40, () => hangUp(mainUrl));
    const flooding = keepCalling(20, () => flood(mainUrl));
    await during(
      [strangers, impatient, flooding],
      [
        fires('RegnoConnectionsEnded', { reason: 'pipelined' }),
        fires('RegnoRefusalsHigh', { reason: 'unauthorized' }),
        fires('RegnoClientsLeave'),
        fires('RegnoLogLinesDropped'),
      ],
    );
    await Promise.all([
      ends('RegnoRefusalsHigh', { reason: 'unauthorized' }),
      ends('RegnoClientsLeave'),
      ends('RegnoConnectionsEnded', { reason: 'pipelined' }),
    ]);
  }

  async function cameraFaults(): Promise<void> {
    const healthy = cameraBody;
    cameraBody = { ...bodies.camera, ...probe, direction: 7 };
    const faulty = keepCalling(20, () => post(mainUrl, { ...healthy, time_check: 'yesterday' }));
    await during(
      [faulty],
      [
        fires('RegnoCameraClassShifted', { camera_class: 'Проба', signal: 'positive' }),
        fires('RegnoCameraClassShifted', { camera_class: 'Проба', signal: 'score' }),
        fires('RegnoCameraClassRefused', { camera_class: 'Проба' }),
        fires('RegnoCameraClassOddReadings', { camera_class: 'Проба', kind: 'direction_code' }),
        isTold('/tickets', 'RegnoCameraClassShifted'),
      ],
    ).finally(() => (cameraBody = healthy));
    await Promise.all([
      ends('RegnoCameraClassShifted', { camera_class: 'Проба', signal: 'positive' }),
      ends('RegnoCameraClassRefused', { camera_class: 'Проба' }),
      ends('RegnoCameraClassOddReadings', { camera_class: 'Проба' }),
    ]);
  }

  async function platformFaults(): Promise<void> {
    await watch.nodeExporter.stop();
    await restartTls(2);
    const config = readFileSync(watch.config, 'utf8');
    writeFileSync(watch.config, 'nonsense: true\n');
    expect(await stack.prometheus.reload()).toBe(false);
    await Promise.all([
      fires('TargetDown', { job: 'node' }),
      fires('PrometheusConfigReloadFailed'),
      fires('CertificateNearEnd', { severity: 'critical' }),
      isTold('/pages', 'CertificateNearEnd'),
    ]);
    await stack.startNodeExporter();
    writeFileSync(watch.config, config);
    expect(await stack.prometheus.reload()).toBe(true);
    await closeTls();
    await fires('ProbeFailed');
    tls = await startTls(60);
    await Promise.all([
      ends('TargetDown', { job: 'node' }),
      ends('PrometheusConfigReloadFailed'),
      ends('CertificateNearEnd'),
      ends('ProbeFailed'),
    ]);
  }

  async function workerDeaths(): Promise<void> {
    const instance = { instance: stack.at.main };
    // One worker lives on and answers the scrapes; the other slot is killed as soon as it is seen.
    const [survivor] = childrenOf(main.pid);
    const killer = keepCalling(5, async () => {
      for (const pid of childrenOf(main.pid)) if (pid !== survivor) process.kill(pid, 'SIGKILL');
      await Promise.resolve();
    });
    await during(
      [killer],
      [fires('RegnoWorkerCrashed', instance), fires('RegnoWorkerCrashLoop', instance)],
    );
    await Promise.all([
      ends('RegnoWorkerCrashed', instance),
      ends('RegnoWorkerCrashLoop', instance),
    ]);
  }

  /** An instance that admits two requests at a time, and then one with a bad model. */
  async function weakInstance(): Promise<void> {
    const instance = { instance: stack.at.weak };
    // At once, so that more than two are in flight however fast the machine is.
    const crowd = keepCalling(40, () =>
      Promise.all([1, 2, 3, 4, 5, 6].map(() => post(weakUrl, unheard(bodies.network)))),
    );
    await during(
      [crowd],
      [
        fires('RegnoShedding', instance),
        fires('RegnoAvailabilityBurnFast', { long: '1h' }),
        fires('RegnoAvailabilityBurnFast', { long: '6h' }),
      ],
    );
    await weak.stop();
    await fires('RegnoDown', instance);
    await isTold('/pages', 'RegnoDown');
    const damaged = { WORKERS: '1', MODEL: stack.damagedModel() };
    weak = await stack.startService(stack.at.weak, damaged, '/health/live');
    const few = keepCalling(20, () => post(weakUrl, unheard(bodies.network)));
    await during(
      [few],
      [
        fires('RegnoGoldenCheckFailed', instance),
        fires('RegnoNoReadyWorker', instance),
        fires('RegnoWorkersMissing', instance),
        fires('RegnoModelUnavailable', instance),
        fires('RegnoModelMismatch'),
        isTold('/pages', 'RegnoGoldenCheckFailed'),
        ends('RegnoDown', instance),
      ],
    );
    await weak.stop();
    // The shipped model as a bare file: the same graph, without golden readings.
    const bare = join(ROOT, 'models/pick-regno/model.cbm');
    const breakable = { WORKERS: '1', NODE_OPTIONS: `--import=${FAULTS}`, MODEL: bare };
    weak = await stack.startService(stack.at.weak, breakable);
    await modelFails();
    await Promise.all([
      fires('RegnoModelUnproved', instance),
      fires('RegnoAvailabilityBurnSlow', { long: '1d' }),
      ends('RegnoInternalErrors', instance),
      ends('RegnoGoldenCheckFailed'),
      ends('RegnoNoReadyWorker'),
      ends('RegnoWorkersMissing', instance),
      ends('RegnoModelUnavailable'),
      ends('RegnoModelMismatch'),
      ends('RegnoShedding', instance),
      ends('RegnoAvailabilityBurnFast'),
    ]);
  }

  /** The model of the weak instance fails while it serves, and is well again. */
  async function modelFails(): Promise<void> {
    const toggle = (): void => {
      for (const pid of childrenOf(weak.pid)) process.kill(pid, 'SIGUSR2');
    };
    toggle();
    const few = keepCalling(20, () => post(weakUrl, unheard(bodies.network)));
    await during(
      [few],
      [fires('RegnoInternalErrors', { instance: stack.at.weak, kind: 'inference' })],
    ).finally(toggle);
  }

  /** Callers whose body comes late, and workers that stand still for 60 ms of every 80 ms. */
  async function slowAnswers(): Promise<void> {
    const slow = keepCalling(100, () => dawdle(mainUrl, bodies.network));
    const pids = childrenOf(main.pid);
    const stutter = setInterval(() => {
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      setTimeout(() => {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      }, 60);
    }, 80);
    await during(
      [slow],
      [
        fires('RegnoLatencyBurnFast', { long: '1h' }),
        fires('RegnoLatencyBurnSlow', { long: '1d' }),
        fires('RegnoEventLoopDelayed', { instance: stack.at.main }),
      ],
    ).finally(() => clearInterval(stutter));
    await Promise.all([
      ends('RegnoLatencyBurnFast', { long: '1h' }),
      ends('RegnoEventLoopDelayed', { instance: stack.at.main }),
    ]);
  }

  /** It is stopped, and silent until the primary replaces it. */
  async function hungWorker(): Promise<void> {
    const instance = { instance: stack.at.main };
    const [pid] = childrenOf(main.pid);
    process.kill(pid!, 'SIGSTOP');
    await fires('RegnoWorkerSilent', instance);
    await fires('RegnoWorkerHung', instance);
    await Promise.all([ends('RegnoWorkerSilent', instance), ends('RegnoWorkerHung', instance)]);
  }

  /** A version that is wrong is promoted and taken back; then the registry is away for a while. */
  async function registryFaults(): Promise<void> {
    const instance = { instance: stack.at.main };
    const wrong = await copyModelFolder();
    falsifyGolden(wrong);
    await registry.pushFrom(wrong, '2.0.0');
    await registry.promoteVersion('2.0.0');
    await fires('RegnoReloadRefused', instance);
    await registry.rollback(TestRegistry.NAME, TestRegistry.CHANGE);
    await ends('RegnoReloadRefused', instance);
    renameSync(registry.folder, `${registry.folder}.away`);
    await fires('RegnoRegistryUnreachable', instance);
    renameSync(`${registry.folder}.away`, registry.folder);
    await ends('RegnoRegistryUnreachable', instance);
  }

  /** Where nobody answers, /metrics does not either: it is the generator that sees it. */
  async function everyWorkerHangs(): Promise<void> {
    for (const pid of childrenOf(main.pid)) process.kill(pid, 'SIGSTOP');
    await fires('RegnoGeneratorSeesErrors');
    // Those that the primary has killed meanwhile are not stopped.
    for (const pid of childrenOf(main.pid)) process.kill(pid, 'SIGCONT');
    await ends('RegnoGeneratorSeesErrors');
  }

  async function withoutData(queries: readonly { where: string; expr: string }[]) {
    const empty: string[] = [];
    for (const { where, expr } of queries) {
      if (WITHOUT_DATA.some(([pattern]) => pattern.test(expr))) continue;
      const query = speedUpQuery(expr.replaceAll('$__rate_interval', '10s'))
        .replace(/\$generator/g, 'generator')
        .replace(/\$\w+/g, '.*');
      if ((await stack.prometheus.seriesSince(stack.startedAt, query)) === 0) {
        empty.push(`${where}: ${query}`);
      }
    }
    return empty;
  }
});

/** Names of metrics in an expression: words with an underscore that no bracket follows. */
const METRIC = /\b(?:\w+:)?(?:regno|node|redis|probe|prometheus|alertmanager)_\w+(?::\w+)*/g;
