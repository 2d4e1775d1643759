import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toOpenMetrics } from '../../app/telemetry/metrics/open-metrics.js';
import { TestProcess } from '../testing/child-process.js';
import { eventually } from '../testing/eventually.js';
import { freePort } from '../../tools/free-port.js';
import { HttpClient } from '../testing/http-client.js';
import { lacks } from '../testing/lacks.js';
import { parseMetrics } from '../testing/metrics-text.js';
import { makeReadings } from '../testing/readings.js';
import { API_KEY, startService, type Service } from '../testing/start-service.js';
import { startRecordingServer } from './support/recording-server.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const OPEN_METRICS = { accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5' };

describe('metrics as OpenMetrics', () => {
  const text = [
    '# HELP a_total Counted.',
    '# TYPE a_total counter',
    'a_total{x="1"} 5',
    '',
    '# HELP handles_total A gauge that is called so.',
    '# TYPE handles_total gauge',
    'handles_total 3',
    '',
    '# HELP regno_http_request_duration_seconds Time.',
    '# TYPE regno_http_request_duration_seconds histogram',
    'regno_http_request_duration_seconds_bucket{le="0.005",route="/reg/"} 2',
    'regno_http_request_duration_seconds_bucket{le="+Inf",route="/reg/"} 3',
    '',
  ].join('\n');

  it('declare counters without _total, and nothing else is renamed', () => {
    const lines = toOpenMetrics(text, []).split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '# HELP a Counted.',
      '# TYPE a counter',
      'a_total{x="1"} 5',
      '# HELP handles_total A gauge that is called so.',
      '# TYPE handles_total gauge',
    ]);
    expect(lines.slice(0, -1)).not.toContain('');
  });

  it('have an exemplar at the bucket that its request fell into', () => {
    const at = 1_700_000_000.5;
    const written = toOpenMetrics(text, [
      { route: '/reg/', seconds: 0.005, traceId: TRACE, at },
      { route: '/reg/', seconds: 9, traceId: 'f'.repeat(32), at },
      { route: '/other', seconds: 0.004, traceId: 'e'.repeat(32), at },
    ]);
    expect(written).toContain(`route="/reg/"} 2 # {trace_id="${TRACE}"} 0.005 1700000000.500\n`);
    expect(written).toContain(`route="/reg/"} 3 # {trace_id="${'f'.repeat(32)}"} 9 `);
    expect(written).not.toContain('e'.repeat(32));
  });
});

describe('the exemplars of the real service', { timeout: 90_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'regno-exemplars-'));
  let service: Service;

  beforeAll(async () => {
    const collector = await startRecordingServer();
    service = await startService({
      env: {
        REGNO_OTLP_URL: `http://127.0.0.1:${collector.port}`,
        REGNO_TRACE_SAMPLE_RATIO: '0',
      },
    });
    const client = new HttpClient(service.port, 1);
    for (const reading of makeReadings(5, 31)) {
      const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
      const headers = { 'x-api-key': API_KEY, traceparent };
      await client.ask({ headers, body: JSON.stringify(reading) });
    }
    client.close();
  }, 90_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('come to who asks for OpenMetrics; others get the same series without', async () => {
    const ask = async (headers: Record<string, string>) => {
      const answer = await fetch(`${service.url}/metrics`, { headers });
      return { type: answer.headers.get('content-type') ?? '', text: await answer.text() };
    };
    // The collector has taken the spans: the last series of these requests is there.
    const open = await eventually('an exemplar and the count of spans', async () => {
      const answer = await ask(OPEN_METRICS);
      const isWhole = [TRACE, 'regno_trace_spans_total'].every((part) =>
        answer.text.includes(part),
      );
      return isWhole ? answer : undefined;
    });
    expect(open.type).toContain('application/openmetrics-text; version=1.0.0');
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    const plain = await ask({});
    expect(plain.type).toContain('text/plain');
    expect(plain.text).not.toContain(TRACE);
    // A series may appear between two scrapes (a first garbage collection) and never goes:
    // the plain text holds what the scrape before it held, and the scrape after it holds the rest.
    const after = await ask(OPEN_METRICS);
    const names = (text: string) => {
      const bare = text.replaceAll(/ # \{trace_id.*$/gm, '');
      return [...new Set(parseMetrics(bare).map(({ name }) => name))];
    };
    expect(names(plain.text)).toEqual(expect.arrayContaining(names(open.text)));
    expect(names(after.text)).toEqual(expect.arrayContaining(names(plain.text)));
  });

  it.skipIf(lacks('prometheus'))('are read and kept by a real Prometheus, beside every series', async () => {
    const port = await freePort();
    const target = new URL(service.url).host;
    const config = join(folder, 'prometheus.yml');
    writeFileSync(
      config,
      `global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: regno\n    static_configs: [{targets: ['${target}']}]\n`,
    );
    const { PATH = '' } = process.env;
    const prometheus = new TestProcess({
      command: 'prometheus',
      args: [
        ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`],
        ...[`--web.listen-address=127.0.0.1:${port}`, '--enable-feature=exemplar-storage'],
      ],
      env: { PATH },
    });
    const query = async (path: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).text();
    const name = 'regno_http_request_duration_seconds_bucket';
    const exemplars = await eventually('an exemplar in Prometheus', async () => {
      const now = Date.now() / 1000;
      const text = await query(`query_exemplars?query=${name}&start=${now - 300}&end=${now + 10}`);
      return text.includes(TRACE) ? text : undefined;
    }, 45_000);
    expect(exemplars).toContain('"route":"/reg/"');
    expect(await query('query?query=up')).toContain('"1"]');
    expect(await query('query?query=regno_http_requests_total')).toContain('"status":"200"');
    await prometheus.end();
  }); // prettier-ignore
});
