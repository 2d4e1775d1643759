import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.js';
import { runPasses } from '../ir/passes/run-passes.js';
import { randomIr } from '../ir/testing/random-ir.js';
import { assertEmittedGraph } from './check-graph.js';
import { emitOnnx } from './emit-onnx.js';
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TrainingInfoProtoSchema,
  type GraphProto,
  type ModelProto,
} from './gen/onnx_pb.js';

const { onnx } = emitOnnx(runPasses(randomIr(12)));

function changed(change: (graph: GraphProto, model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, onnx);
  const { graph } = model;
  if (graph === undefined) throw new Error('a compiled file has a graph');
  change(graph, model);
  return toBinary(ModelProtoSchema, model);
}

function withNode(node: MessageInitShape<typeof NodeProtoSchema>): Uint8Array {
  return changed((graph) => graph.node.push(create(NodeProtoSchema, node)));
}

function withAttribute(attribute: MessageInitShape<typeof AttributeProtoSchema>): Uint8Array {
  return withNode({ opType: 'Add', attribute: [create(AttributeProtoSchema, attribute)] });
}

const ELSEWHERE = create(TensorProtoSchema, {
  externalData: [{ key: 'location', value: '/etc/passwd' }],
});

describe('assertEmittedGraph', () => {
  it('takes what the compiler writes, whatever the model', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const file = emitOnnx(runPasses(randomIr(seed))).onnx;
      expect(() => assertEmittedGraph(file)).not.toThrow();
    }
  });

  it.each<[string, Uint8Array, RegExp]>([
    ...['Loop', 'If', 'Scan', 'SequenceMap', 'Optional', 'toString'].map(
      (opType): [string, Uint8Array, RegExp] => [
        `the operator ${opType}`,
        withNode({ opType }),
        new RegExp(`the operator "${opType}", which`),
      ],
    ),
    [
      'an operator of another domain',
      withNode({ opType: 'Add', domain: 'com.microsoft' }),
      /"Add" of "com.microsoft"/,
    ],
    ['a tree operator of the default domain', withNode({ opType: 'TreeEnsemble' }), /TreeEnsemble/],
    [
      'a name that would recolour the terminal',
      withNode({ opType: '\u001b[31m\u202e' }),
      /operator "\\u001b\[31m\\u\{202e\}",/,
    ],
    [
      'a graph within the graph',
      withAttribute({ name: 'body', g: create(GraphProtoSchema, {}) }),
      /a graph within/,
    ],
    [
      'graphs within the graph',
      withAttribute({ name: 'bodies', graphs: [create(GraphProtoSchema, {})] }),
      /a graph within/,
    ],
    ['an attribute in another file', withAttribute({ t: ELSEWHERE }), /values in another file/],
    ['attributes in another file', withAttribute({ tensors: [ELSEWHERE] }), /values in another/],
    [
      'a sparse attribute',
      withAttribute({ sparseTensor: create(SparseTensorProtoSchema, {}) }),
      /sparse/,
    ],
    [
      'a constant in another file',
      changed(({ initializer }) => initializer.push(ELSEWHERE)),
      /values in another file/,
    ],
    [
      'a constant that says it lies elsewhere',
      changed(({ initializer }) => {
        const dataLocation = TensorProto_DataLocation.EXTERNAL;
        initializer.push(create(TensorProtoSchema, { dataLocation }));
      }),
      /values in another file/,
    ],
    [
      'a sparse constant',
      changed(({ sparseInitializer }) => {
        sparseInitializer.push(create(SparseTensorProtoSchema, {}));
      }),
      /sparse/,
    ],
    [
      'functions',
      changed((_, model) => model.functions.push(create(FunctionProtoSchema, { name: 'Add' }))),
      /holds functions/,
    ],
    [
      'a training graph',
      changed((_, model) => model.trainingInfo.push(create(TrainingInfoProtoSchema, {}))),
      /training/,
    ],
    [
      'operator sets of others',
      changed((_, model) => model.opsetImport.push({ ...model.opsetImport[0]!, domain: 'com.x' })),
      /operators of "com.x"/,
    ],
  ])('refuses %s', (_what, file, message) => {
    expect(() => assertEmittedGraph(file)).toThrow(
      expect.objectContaining({ code: 'incompatible-model' }),
    );
    expect(() => assertEmittedGraph(file)).toThrow(message);
  });

  it('sees a second graph, which the runtime would merge into the first', () => {
    const second = toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, { graph: { node: [{ opType: 'Loop' }] } }),
    );
    expect(() => assertEmittedGraph(Buffer.concat([onnx, second]))).toThrow(/"Loop"/);
  });

  it('ends in a ModelError whatever bytes are changed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(onnx.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(onnx.length),
        (changes, length) => {
          const damaged = Uint8Array.from(onnx);
          for (const [at, value] of changes) damaged[at] = value;
          try {
            assertEmittedGraph(damaged.subarray(0, length));
          } catch (error) {
            expect(error).toBeInstanceOf(ModelError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
