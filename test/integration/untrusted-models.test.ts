import { copyFileSync, readFileSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runRegno } from '../../app/cli/testing/run-regno.js';
import {
  FunctionProtoSchema,
  NodeProtoSchema,
  type ModelProto,
} from '../../app/model/onnx/gen/onnx_pb.js';
import { SIGNATURE_KEY } from '../../app/model/onnx/metadata.js';
import { EXAMPLE_READING } from '../../app/routes/examples.js';
import { eventually } from '../testing/eventually.js';
import { scrape, sumOf } from '../testing/metrics-text.js';
import { writeForgedModel } from '../testing/other-model.js';
import { API_KEY, launchService, startService, type Service } from '../testing/start-service.js';
import { expectedAnswers } from '../testing/test-model.js';

vi.setConfig({ testTimeout: 120_000 });

type Forge = (model: ModelProto) => void;

const addLoop: Forge = (model) => {
  model.graph?.node.push(create(NodeProtoSchema, { opType: 'Loop', output: ['endless'] }));
};

/** Changes what the file says of itself; its graph stays sound. */
function restate(change: (json: string) => string): Forge {
  return (model) => {
    const entry = model.metadataProps.find(({ key }) => key === SIGNATURE_KEY);
    if (entry !== undefined) entry.value = change(entry.value);
  };
}

const FORGERIES: readonly (readonly [string, Forge, string])[] = [
  ['an operator that may never end', addLoop, 'the operator \\"Loop\\"'],
  [
    'a function of its own',
    (model) => model.functions.push(create(FunctionProtoSchema, { name: 'Add' })),
    'holds functions',
  ],
  [
    'weights in another file',
    (model) => {
      for (const tensor of model.graph?.initializer ?? []) {
        tensor.externalData = [
          { $typeName: 'onnx.StringStringEntryProto', key: 'location', value: '/etc/passwd' },
        ];
      }
    },
    'values in another file',
  ],
  [
    'a digest that is none',
    restate((json) => json.replace(/"sourceSha256":"\w+"/, '"sourceSha256":"x\\r\\n"')),
    'The signature in the ONNX file',
  ],
  [
    'a name that would recolour a terminal',
    restate((json) => json.replace('"camera_type"', '"\\u001b[31mcamera_type"')),
    'The signature in the ONNX file',
  ],
  [
    'features that the graph does not take',
    restate((json) =>
      json.replaceAll('"text"', '"float"').replace(/"textSeeds":\[[^\]]*\]/, '"textSeeds":[]'),
    ),
    'The signature in the ONNX file',
  ],
];

describe('a model file from a stranger', () => {
  let service: Service | undefined;
  afterEach(async () => {
    await service?.stop();
    service = undefined;
  });

  it.each(FORGERIES)(
    'with %s is refused by the service and the command line',
    async (_what, forge, reason) => {
      const path = await writeForgedModel(forge);
      const failed = launchService({ env: { MODEL: path, WORKERS: '1' } });
      expect(await failed.exited).toEqual({ code: 1, signal: null });
      expect(failed.text).toContain(reason);
      expect(failed.text).not.toContain('regno is ready');
      const { code, stdout, stderr } = await runRegno(['score', '--model', path, '-']);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toContain(reason.replaceAll('\\', ''));
      // eslint-disable-next-line no-control-regex -- these are what must not reach a terminal
      expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    },
  );

  it('whose numbers are no probabilities is never answered with 200, and that is counted', async () => {
    const path = await writeForgedModel((model) => {
      const offsets = model.graph?.initializer.find(({ name }) => name === 'class_offsets');
      // [1 - p, p + 0.5]: both may look right by themselves, together they are 1.5.
      new DataView(offsets!.rawData.buffer, offsets!.rawData.byteOffset).setFloat64(8, 0.5, true);
    });
    service = await startService({ env: { MODEL: path, WORKERS: '1' } });
    for (let i = 1; i <= 3; i++) {
      const answer = await ask(service);
      expect(answer.status).toBe(500);
      expect(answer.headers.get('x-error-code')).toBe('internal');
      expect(await answer.json()).toMatchObject({ status: 'fail' });
      const { url } = service;
      await eventually('counted', async () =>
        sumOf(await scrape(url), 'regno_internal_errors_total', { kind: 'inference' }) === i
          ? true
          : undefined,
      );
    }
    const good = await runRegno(['score', '--model', path, '-'], {
      stdin: JSON.stringify(EXAMPLE_READING),
    });
    expect(good.code).toBe(1);
    expect(good.stdout).toContain('no two probabilities that add up to 1');
  });

  it('that takes the place of the served one does not get in by a rolling restart', async () => {
    const path = await writeForgedModel(() => undefined);
    service = await startService({ env: { MODEL: path } });
    copyFileSync(await writeForgedModel(addLoop), path);
    expect(readFileSync(path, 'latin1')).toContain('Loop');
    service.process.signal('SIGHUP');
    await service.process.line((line) => line.includes('cannot be served'));
    const [right] = await expectedAnswers([EXAMPLE_READING]);
    for (let i = 0; i < 20; i++) expect(await (await ask(service)).text()).toBe(right);
    expect(service.workerPids()).toHaveLength(2);
  });
});

function ask({ url }: Service): Promise<Response> {
  return fetch(`${url}/reg/`, {
    method: 'POST',
    headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
    body: JSON.stringify(EXAMPLE_READING),
  });
}
