import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './gen/onnx_pb.js';
import type {
  AttributeProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
  ModelProto,
} from './gen/onnx_pb.js';
import { OPERATORS, type Operator } from './operators.js';

/** Values of a constant tensor; the array's type decides the tensor's element type. */
export type TensorValues = Float32Array | Float64Array | BigInt64Array | Uint8Array;

/** Attribute values: bigint and bigint[] are integers, number[] floats. */
export type AttributeValue = bigint | readonly bigint[] | readonly number[] | string | TensorProto;

export interface NodeOptions {
  /** Name of the single output; made from the operator's name where absent. */
  readonly output?: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** A dimension: a number, or a name where it differs from call to call. */
export type Dimension = number | string;

type ElementType = 'f32' | 'f64' | 'i64';

const DATA_TYPE = {
  f32: TensorProto_DataType.FLOAT,
  f64: TensorProto_DataType.DOUBLE,
  i64: TensorProto_DataType.INT64,
} as const;

/** ONNX IR version 10 with operator sets 21 and ai.onnx.ml 5: the first set that has TreeEnsemble. */
const IR_VERSION = 10n;
const OPSETS = [
  { domain: '', version: 21n },
  { domain: 'ai.onnx.ml', version: 5n },
];

/** The code of an element type, as the `to` attribute of Cast wants it. */
export function elementTypeCode(type: ElementType): bigint {
  return BigInt(DATA_TYPE[type]);
}

/** A constant tensor as raw little-endian bytes. `name` is empty inside attributes. */
export function constantTensor(
  values: TensorValues,
  dims: readonly number[],
  name = '',
): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: dataTypeOf(values),
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });
}

/**
 * Collects the nodes, constants, inputs and outputs of one graph. Names are given out in order of
 * creation, so that the same calls give the same bytes.
 */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #uses = new Map<string, number>();

  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(name: string, type: ElementType, dims: readonly Dimension[]): void {
    this.#outputs.push(valueInfo(name, type, dims));
  }

  constant(name: string, values: TensorValues, dims: readonly number[]): string {
    const unique = this.#uniqueName(name);
    this.#initializers.push(constantTensor(values, dims, unique));
    return unique;
  }

  /** Adds an operator with one output and returns the output's name. */
  node(operator: Operator, inputs: readonly string[], options: NodeOptions = {}): string {
    const output = options.output ?? this.#uniqueName(operator.toLowerCase());
    const attributes = Object.entries(options.attributes ?? {});
    this.#nodes.push(
      create(NodeProtoSchema, {
        name: output,
        opType: operator,
        domain: OPERATORS[operator],
        input: [...inputs],
        output: [output],
        attribute: attributes.map(([name, value]) => attributeProto(name, value)),
      }),
    );
    return output;
  }

  cast(input: string, type: ElementType, output?: string): string {
    const attributes = { to: elementTypeCode(type) };
    return this.node('Cast', [input], { attributes, ...(output === undefined ? {} : { output }) });
  }

  /** Tensors side by side; no operator where there is only one. */
  concat(inputs: readonly string[], output?: string): string {
    const [first] = inputs;
    if (inputs.length === 1 && first !== undefined && output === undefined) return first;
    return this.node('Concat', inputs, {
      attributes: { axis: 1n },
      ...(output === undefined ? {} : { output }),
    });
  }

  /** The finished model's bytes. */
  toBytes(about: {
    readonly producerName: string;
    readonly producerVersion: string;
    readonly graphName: string;
    readonly metadata: readonly (readonly [key: string, value: string])[];
  }): Uint8Array {
    const graph = create(GraphProtoSchema, {
      name: about.graphName,
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    });
    const model: ModelProto = create(ModelProtoSchema, {
      irVersion: IR_VERSION,
      opsetImport: OPSETS,
      producerName: about.producerName,
      producerVersion: about.producerVersion,
      graph,
      metadataProps: about.metadata.map(([key, value]) => ({ key, value })),
    });
    return toBinary(ModelProtoSchema, model);
  }

  #uniqueName(base: string): string {
    const used = this.#uses.get(base) ?? 0;
    this.#uses.set(base, used + 1);
    return used === 0 ? base : `${base}_${used}`;
  }
}

function attributeProto(name: string, value: AttributeValue): AttributeProto {
  const Type = AttributeProto_AttributeType;
  if (typeof value === 'bigint') {
    return create(AttributeProtoSchema, { name, type: Type.INT, i: value });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: Type.STRING, s: utf8.encode(value) });
  }
  if ('$typeName' in value) {
    return create(AttributeProtoSchema, { name, type: Type.TENSOR, t: value });
  }
  return isIntegers(value)
    ? create(AttributeProtoSchema, { name, type: Type.INTS, ints: [...value] })
    : create(AttributeProtoSchema, { name, type: Type.FLOATS, floats: [...value] });
}

const utf8 = new TextEncoder();

function isIntegers(values: readonly bigint[] | readonly number[]): values is readonly bigint[] {
  return typeof values[0] === 'bigint';
}

function valueInfo(name: string, type: ElementType, dims: readonly Dimension[]): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: DATA_TYPE[type],
          shape: {
            dim: dims.map((dim) => ({
              value:
                typeof dim === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(dim) }
                  : { case: 'dimParam' as const, value: dim },
            })),
          },
        },
      },
    },
  });
}

function dataTypeOf(values: TensorValues): TensorProto_DataType {
  if (values instanceof Float32Array) return TensorProto_DataType.FLOAT;
  if (values instanceof Float64Array) return TensorProto_DataType.DOUBLE;
  if (values instanceof BigInt64Array) return TensorProto_DataType.INT64;
  return TensorProto_DataType.UINT8;
}
