import { z } from 'zod';
import { waitFor } from './command.js';
import type { Compose } from './compose.js';

const SCRAPE_MS = 90_000;
/** `for: 1m` of the alert, a scrape, an evaluation, and a machine that is busy with all of this. */
const ALERT_MS = 240_000;

/** A reading made up for this check. */
const READING = {
  regno_recognize: 'А123ВС77',
  afts_regno_ai: 'А128ВС77',
  recognition_accuracy: 71.5,
  afts_regno_ai_score: 0.93,
  afts_regno_ai_char_scores: '[0.99, 0.98, 0.97, 0.91, 0.99, 0.99, 0.98, 0.97]',
  afts_regno_ai_length_scores: '[0.01, 0.98, 0.01]',
  camera_type: 'Стационарная',
  camera_class: 'Астра-Трафик',
  time_check: '2026-03-02 08:15:00',
  direction: 1,
};

const AnswerSchema = z.object({
  status: z.literal('ok'),
  body: z.object({ negative: z.number(), positive: z.number() }),
});
const TargetsSchema = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        scrapePool: z.string(),
        health: z.string(),
        scrapeUrl: z.string(),
        lastError: z.string(),
      }),
    ),
  }),
});
const AlertsSchema = z.object({
  data: z.object({
    alerts: z.array(
      z.object({ state: z.string(), labels: z.looseObject({ alertname: z.string() }) }),
    ),
  }),
});
const QuerySchema = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
const SentAlertsSchema = z.array(
  z.object({ labels: z.looseObject({ alertname: z.string() }), receivers: z.array(z.unknown()) }),
);
const InsideSchema = z.object({
  pid1: z.string(),
  uid: z.number(),
  capabilities: z.string(),
  noNewPrivileges: z.string(),
  written: z.array(z.string()),
});

/** POSTs a reading as a client would, with the key and without. */
export async function checkAnswer(compose: Compose, key: string): Promise<string> {
  const url = `http://127.0.0.1:${compose.ports.app}/reg/`;
  const post = (headers: Readonly<Record<string, string>>) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(READING),
      signal: AbortSignal.timeout(10_000),
    });
  const refused = await post({});
  await refused.body?.cancel();
  expectThat(refused.status === 401, `without a key: expected 401, got ${refused.status}`);
  const response = await post({ 'x-api-key': key });
  const text = await response.text();
  expectThat(response.status === 200, `expected 200, got ${response.status}: ${text}`);
  const { body } = AnswerSchema.parse(JSON.parse(text));
  const sum = body.negative + body.positive;
  expectThat(Math.abs(sum - 1) < 1e-9, `expected probabilities that add up to 1, got ${text}`);
  return `200 ${text}; 401 without a key`;
}

/** Looks at the service from inside its container. */
export async function checkLockedUp(compose: Compose): Promise<string> {
  const script = `
    const fs = require('node:fs');
    const status = fs.readFileSync('/proc/1/status', 'utf8');
    const field = (name) => status.match(new RegExp(name + ':\\\\s+(\\\\S+)'))[1];
    const written = ['/app/x', '/opt/x', '/var/x', '/home/node/x'].filter((path) => {
      try { fs.writeFileSync(path, ''); return true; } catch { return false; }
    });
    fs.writeFileSync('/tmp/x', '');
    console.log(JSON.stringify({
      pid1: fs.readFileSync('/proc/1/cmdline', 'utf8').split('\\0')[0],
      uid: process.getuid(), capabilities: field('CapEff'),
      noNewPrivileges: field('NoNewPrivs'), written,
    }));`;
  const exec = ['exec', '--no-TTY', 'app', '/usr/local/bin/node', '-e', script];
  const printed = await compose.run(exec, { timeoutMs: 30_000 });
  const inside = InsideSchema.parse(JSON.parse(printed.stdout));
  expectThat(inside.pid1.endsWith('/node'), `process 1 is ${inside.pid1}; expected node`);
  expectThat(inside.uid === 1000, `the service runs as ${inside.uid}; expected 1000`);
  expectThat(/^0+$/.test(inside.capabilities), `it has capabilities ${inside.capabilities}`);
  expectThat(inside.noNewPrivileges === '1', 'it may gain privileges');
  expectThat(inside.written.length === 0, `it can write ${inside.written.join(', ')}`);
  return 'node is process 1, user 1000, no capability, only /tmp can be written';
}

/** Loads every package that the image kept: what was cut away must not be missed later. */
export async function checkPackages(compose: Compose): Promise<string> {
  const script = `
    const { existsSync, readFileSync } = require('node:fs');
    const { dependencies } = JSON.parse(readFileSync('/app/package.json', 'utf8'));
    const kept = Object.keys(dependencies).filter((name) => existsSync('/app/node_modules/' + name));
    const load = (name) => import(name === 'swagger-ui-dist' ? name + '/absolute-path.js' : name);
    Promise.all(kept.map(load)).then(
      () => { console.log(kept.length); process.exit(0); },
      (error) => { console.error(error); process.exit(1); },
    );`;
  const printed = await compose.run(
    ['exec', '--no-TTY', '--env', 'NODE_OPTIONS=', 'app', '/usr/local/bin/node', '-e', script],
    { timeoutMs: 30_000 },
  );
  return `${printed.stdout.trim()} direct dependencies load`;
}

/** Waits until Prometheus has scraped each target of prometheus.yml. */
export async function checkTargets(compose: Compose, jobs: readonly string[]): Promise<string> {
  const url = `http://127.0.0.1:${compose.ports.prometheus}/api/v1/targets?state=active`;
  const seen = await waitFor('every target of Prometheus to be up', SCRAPE_MS, async () => {
    const { activeTargets } = TargetsSchema.parse(await getJson(url)).data;
    const down = activeTargets.filter((target) => target.health !== 'up');
    if (down.length > 0) {
      throw new Error(down.map((target) => `${target.scrapeUrl}: ${target.lastError}`).join('; '));
    }
    const pools = new Set(activeTargets.map((target) => target.scrapePool));
    const missing = jobs.filter((job) => !pools.has(job));
    if (missing.length > 0) throw new Error(`no target of ${missing.join(', ')}`);
    return activeTargets;
  });
  return `${seen.length} up: ${seen.map((target) => target.scrapePool).join(', ')}`;
}

/** What `prove` ends with when it could not send on time and so judges nothing. */
const NOT_VALID = 3;
const PROOFS_MAX = 3;

/**
 * Runs the compose file's `prove`, whose exit code is its verdict. A machine that is too busy for
 * the generator's schedule gets two more tries; after that only completeness is judged, and said so.
 */
export async function checkProof(compose: Compose): Promise<string> {
  const args = ['--profile', 'prove', 'run', '--rm', '--use-aliases', '--no-deps', 'prove'];
  const reports: string[] = [];
  while (reports.length < PROOFS_MAX) {
    const proof = await compose.run(args, { timeoutMs: 180_000, mayFail: true });
    if (proof.code === 0) return `passed: ${answered(proof.stdout)}; ${figuresOf(proof.stdout)}`;
    expectThat(
      proof.code === NOT_VALID,
      `the proof failed with ${proof.code}:\n${proof.stdout}${proof.stderr}`,
    );
    reports.push(proof.stdout);
  }
  const flawless = reports.find((report) =>
    /answered +([\d,]+) of \1 [^]*errors +none/.test(report),
  );
  expectThat(flawless !== undefined, `never was every request answered:\n${reports.join('\n')}`);
  const busy = 'LATENCY NOT JUDGED: this machine is too busy to send on time';
  return `${answered(flawless ?? '')}, no error. ${busy}`;
}

function answered(report: string): string {
  return /answered +(.+)/.exec(report)?.[1] ?? 'no figures';
}

/** The table of the report has a line of names and one of values. */
function figuresOf(report: string): string {
  const names = /^ms +(.+)$/m.exec(report)?.[1]?.split(/\s+/) ?? [];
  const values = /^latency +(.+)$/m.exec(report)?.[1]?.split(/\s+/) ?? [];
  return ['p50', 'p99', 'p99.9']
    .map((name) => `${name} ${values[names.indexOf(name)] ?? '?'} ms`)
    .join(', ');
}

/**
 * Stops Redis: its alert must fire in Prometheus and reach Alertmanager, the service must go on;
 * then starts it again: the alert must end.
 */
export async function checkAlert(compose: Compose, key: string): Promise<string> {
  const alert = 'RedisDown';
  await waitFor('redis_up to be 1', SCRAPE_MS, async () =>
    (await valueOf(compose, 'redis_up')) === 1 ? true : undefined,
  );
  const before = await statesOf(compose, alert);
  expectThat(before.length === 0, `${alert} is ${before.join()} while Redis runs`);
  await compose.run(['stop', 'redis'], { timeoutMs: 60_000 });
  const stopped = performance.now();
  await checkAnswer(compose, key);
  await waitFor(`${alert} to fire`, ALERT_MS, async () =>
    (await statesOf(compose, alert)).includes('firing') ? true : undefined,
  );
  const fired = performance.now();
  const sent = `http://127.0.0.1:${compose.ports.alertmanager}/api/v2/alerts`;
  await waitFor(`${alert} to reach Alertmanager`, 60_000, async () =>
    SentAlertsSchema.parse(await getJson(sent)).some(({ labels }) => labels.alertname === alert)
      ? true
      : undefined,
  );
  await waitFor('the alert at its receiver', 120_000, async () => {
    const logs = await compose.run(['logs', '--no-log-prefix', 'alert-webhook'], {
      timeoutMs: 20_000,
    });
    return logs.stdout.includes(`"alertname":"${alert}"`) ? true : undefined;
  });
  await compose.run(['start', 'redis'], { timeoutMs: 60_000 });
  await waitFor(`${alert} to end`, ALERT_MS, async () =>
    (await statesOf(compose, alert)).includes('firing') ? undefined : true,
  );
  const seconds = Math.round((fired - stopped) / 1000);
  return `${alert} fired ${seconds} s after the stop, was delivered, ended; answers went on`;
}

/** A stop must end the service by itself, well before Docker would kill it. */
export async function checkStop(compose: Compose): Promise<string> {
  const start = performance.now();
  await compose.run(['stop', 'app'], { timeoutMs: 60_000 });
  const seconds = (performance.now() - start) / 1000;
  const listed = await compose.run(['ps', '--all', '--format', '{{.ExitCode}}', 'app'], {
    timeoutMs: 20_000,
  });
  const code = listed.stdout.trim();
  expectThat(code === '0', `the service ended with ${code} on SIGTERM; expected 0`);
  return `SIGTERM: ended with 0 after ${seconds.toFixed(1)} s`;
}

/** @returns the value of a query that gives one sample; undefined where it gives none or more */
async function valueOf(compose: Compose, query: string): Promise<number | undefined> {
  const url = `http://127.0.0.1:${compose.ports.prometheus}/api/v1/query?query=${query}`;
  const { result } = QuerySchema.parse(await getJson(url)).data;
  return result.length === 1 ? Number(result[0]?.value[1]) : undefined;
}

async function statesOf(compose: Compose, alert: string): Promise<readonly string[]> {
  const url = `http://127.0.0.1:${compose.ports.prometheus}/api/v1/alerts`;
  return AlertsSchema.parse(await getJson(url))
    .data.alerts.filter(({ labels }) => labels.alertname === alert)
    .map(({ state }) => state);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  return response.json();
}

function expectThat(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
