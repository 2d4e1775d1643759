import { fromBinary } from '@bufbuild/protobuf';
import { ModelError } from '../errors.js';
import { ModelProtoSchema, TensorProto_DataType } from './gen/onnx_pb.js';
import type { GraphProto, ModelProto, ValueInfoProto } from './gen/onnx_pb.js';
import { readSignature } from './metadata.js';
import type { ModelSignature } from './signature.js';

/** An input or output of the graph. */
export interface TensorReport {
  readonly name: string;
  /** ONNX's name of the element type, lower case: `float`, `double`, `int64`. */
  readonly elementType: string;
  /** Numbers, or names of dimensions that differ from call to call. */
  readonly dims: readonly (number | string)[];
}

/** What is in a compiled ONNX file. */
export interface OnnxReport {
  readonly bytes: number;
  readonly producer: string;
  /** Versions of the operator sets, by domain (`ai.onnx` for the default one). */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
  /** How often each operator occurs, in order of name. */
  readonly operators: ReadonlyMap<string, number>;
  readonly trees: number;
  /** Nodes of all trees that ask something, leaves not counted. */
  readonly treeNodes: number;
  readonly signature: ModelSignature;
}

/**
 * Decodes a whole file for people to look at.
 *
 * @throws ModelError `damaged-model` where the bytes are no ONNX file, `incompatible-model` where
 *   this compiler did not make it.
 */
export function inspectOnnx(onnx: Uint8Array): OnnxReport {
  const signature = readSignature(onnx);
  const model = decode(onnx);
  const graph = model.graph;
  if (graph === undefined) throw new ModelError('damaged-model', 'The ONNX file has no graph');
  return {
    bytes: onnx.length,
    producer: `${model.producerName} ${model.producerVersion}`,
    opsets: new Map(
      model.opsetImport.map(({ domain, version }) => [domain || 'ai.onnx', Number(version)]),
    ),
    inputs: graph.input.map(tensorReport),
    outputs: graph.output.map(tensorReport),
    operators: countOperators(graph),
    trees: attributeLength(graph, 'tree_roots'),
    treeNodes: attributeLength(graph, 'nodes_featureids'),
    signature,
  };
}

function decode(onnx: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, onnx);
  } catch (cause) {
    throw new ModelError('damaged-model', 'The graph of the ONNX file is damaged', { cause });
  }
}

function tensorReport({ name, type }: ValueInfoProto): TensorReport {
  const tensor = type?.value.case === 'tensorType' ? type.value.value : undefined;
  const code: number = tensor?.elemType ?? 0;
  const dims = (tensor?.shape?.dim ?? []).map(({ value }) =>
    value.case === 'dimValue' ? Number(value.value) : (value.value ?? '?'),
  );
  return { name, elementType: (TensorProto_DataType[code] ?? 'unknown').toLowerCase(), dims };
}

function countOperators(graph: GraphProto): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { opType } of graph.node) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function attributeLength(graph: GraphProto, name: string): number {
  return graph.node
    .filter((node) => node.opType === 'TreeEnsemble')
    .flatMap((node) => node.attribute.filter((attribute) => attribute.name === name))
    .reduce((sum, attribute) => sum + attribute.ints.length, 0);
}
