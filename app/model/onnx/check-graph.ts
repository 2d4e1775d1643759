import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { ModelError, quoted } from '../errors.js';
import { isOperator, OPERATORS } from './operators.js';

/** Called with the bytes of a field, or with the number of a varint. */
type Visitors = Readonly<Record<number, (value: Uint8Array) => void>>;

const REMEDY = 'The file was changed or made by another tool; compile the .cbm file again.';

/**
 * Makes sure that a graph holds nothing that this compiler never writes: other operators, graphs within
 * the graph, functions, and values that lie in other files. It is read field by field, as decoding it
 * would make an object of every number of every tree. Field numbers are those of onnx.proto.
 *
 * @throws ModelError `incompatible-model` naming what it holds, `damaged-model` where it is no ONNX file
 */
export function assertEmittedGraph(onnx: Uint8Array): void {
  try {
    walk(onnx, {
      7: (graph) => walk(graph, GRAPH),
      8: (opset) => walk(opset, { 1: (domain) => assertDomain(textOf(domain)) }),
      20: refuse('a training graph'),
      25: refuse('functions'),
    });
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('damaged-model', 'The graph of the ONNX file is damaged', { cause });
  }
}

const TENSOR: Visitors = { 13: refuse('values in another file') };

const ATTRIBUTE: Visitors = {
  5: assertTensor,
  6: refuse('a graph within the graph'),
  10: assertTensor,
  11: refuse('a graph within the graph'),
  22: refuse('a sparse tensor'),
  23: refuse('a sparse tensor'),
};

const GRAPH: Visitors = {
  1: assertNode,
  5: assertTensor,
  15: refuse('a sparse tensor'),
};

function assertNode(node: Uint8Array): void {
  let name = '';
  let domain = '';
  walk(node, {
    4: (value) => (name = textOf(value)),
    5: (attribute) => walk(attribute, ATTRIBUTE),
    7: (value) => (domain = textOf(value)),
  });
  if (isOperator(name) && OPERATORS[name] === domain) return;
  const where = domain === '' ? '' : ` of ${quoted(domain)}`;
  throw unexpected(`the operator ${quoted(name)}${where}`);
}

function assertTensor(tensor: Uint8Array): void {
  walk(tensor, TENSOR, { 14: refuse('values in another file') });
}

function assertDomain(domain: string): void {
  if (Object.values<string>(OPERATORS).includes(domain)) return;
  throw unexpected(`operators of ${quoted(domain)}`);
}

/** Visits the fields of a message; `set` those that are numbers, where they are not 0. */
function walk(message: Uint8Array, visitors: Visitors, set: Visitors = {}): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const visit = visitors[field];
    if (visit !== undefined && wireType === WireType.LengthDelimited) visit(reader.bytes());
    else if (set[field] !== undefined && wireType === WireType.Varint) {
      if (Number(reader.uint64()) !== 0) set[field](message);
    } else reader.skip(wireType, field);
  }
}

function refuse(what: string): () => never {
  return () => {
    throw unexpected(what);
  };
}

function unexpected(what: string): ModelError {
  return new ModelError(
    'incompatible-model',
    `The ONNX file holds ${what}, which regno's compiler never writes. ${REMEDY}`,
  );
}

const utf8 = new TextDecoder();

function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}
