import { fromBinary } from '@bufbuild/protobuf';
import { ModelError } from '../errors.js';
import { ModelProtoSchema, TensorProto_DataType } from './gen/onnx_pb.js';
import type { ModelProto, ValueInfoProto } from './gen/onnx_pb.js';
import { SIGNATURE_KEY, readMetadata } from './metadata.js';
import type { ModelSignature } from './signature.js';
import { parseSignature } from './signature.js';

/** An input or output of a graph. */
export interface OnnxValue {
  readonly name: string;
  /** Element type in lower case, e.g. `int64`; `?` for what is no tensor. */
  readonly type: string;
  /** Fixed sizes and names of free ones. */
  readonly shape: readonly (number | string)[];
}

/** What an ONNX file holds, for people. */
export interface OnnxDescription {
  readonly irVersion: number;
  readonly producer: string;
  /** Operator sets by domain, `ai.onnx` for the default one. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: number;
  /** How often each operator occurs, the most frequent first. */
  readonly ops: readonly { readonly op: string; readonly count: number }[];
  /** Absent in files that regno's compiler did not make. */
  readonly signature: ModelSignature | undefined;
}

/**
 * Decodes an ONNX file, of whatever origin, as far as a person wants to know it.
 *
 * @throws ModelError `damaged-model` where the bytes are no ONNX file.
 */
export function describeOnnx(onnx: Uint8Array): OnnxDescription {
  const signature = readMetadata(onnx).get(SIGNATURE_KEY);
  const model = decode(onnx);
  const graph = model.graph;
  if (graph === undefined) {
    throw new ModelError('damaged-model', 'The ONNX file holds no graph; expected a model');
  }
  return {
    irVersion: Number(model.irVersion),
    producer: `${model.producerName} ${model.producerVersion}`.trim(),
    opsets: model.opsetImport.map(({ domain, version }) => ({
      domain: domain === '' ? 'ai.onnx' : domain,
      version: Number(version),
    })),
    inputs: graph.input.map(describeValue),
    outputs: graph.output.map(describeValue),
    nodes: graph.node.length,
    ops: countOps(graph.node),
    signature: signature === undefined ? undefined : parseSignature(signature),
  };
}

function decode(onnx: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, onnx);
  } catch (cause) {
    throw new ModelError('damaged-model', 'The bytes are no ONNX file, or a damaged one', {
      cause,
    });
  }
}

function describeValue({ name, type }: ValueInfoProto): OnnxValue {
  const value = type?.value;
  if (value?.case !== 'tensorType') return { name, type: '?', shape: [] };
  const shape = value.value.shape?.dim ?? [];
  return {
    name,
    type: (TensorProto_DataType[value.value.elemType] ?? '?').toLowerCase(),
    shape: shape.map(({ value: dim }) =>
      dim.case === 'dimValue' ? Number(dim.value) : (dim.value ?? '?'),
    ),
  };
}

function countOps(
  nodes: readonly { readonly domain: string; readonly opType: string }[],
): OnnxDescription['ops'] {
  const counts = new Map<string, number>();
  for (const { domain, opType } of nodes) {
    const op = domain === '' ? opType : `${domain}.${opType}`;
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  return [...counts]
    .map(([op, count]) => ({ op, count }))
    .sort((a, b) => b.count - a.count || (a.op < b.op ? -1 : 1));
}
