import { ModelError } from '../errors.js';
import type { Ir } from '../ir/ir.js';
import { joinBlocks } from './column-block.js';
import type { Block, Place } from './column-block.js';
import { COMPILER_VERSION } from './compiler-version.js';
import { emitCategories } from './emit-categories.js';
import { emitLink, emitRaw, isPlainSum, PROBABILITIES_OUTPUT, RAW_OUTPUT } from './emit-link.js';
import { emitNaiveBayes } from './emit-naive-bayes.js';
import { emitNumeric } from './emit-numeric.js';
import { emitTokenCounts, placeTokens } from './emit-texts.js';
import { emitTrees } from './emit-trees.js';
import { GraphBuilder } from './graph-builder.js';
import { metadataProps } from './metadata.js';
import type { BordersOf } from './projections.js';
import { assertSignable } from './parse-signature.js';
import { CATEGORY_INPUT, NUMERIC_INPUT, signatureOf, textInput } from './signature.js';
import type { ModelSignature } from './signature.js';

/**
 * Writes the model as one self-contained ONNX file of standard operators (sets 21 and ai.onnx.ml 5).
 * The same IR gives the same bytes. Throws ModelError `unsupported-model` where the model cannot be
 * expressed, naming why.
 */
export function emitOnnx(ir: Ir): {
  readonly onnx: Uint8Array;
  readonly signature: ModelSignature;
} {
  if (ir.features.length === 0) {
    throw new ModelError(
      'unsupported-model',
      'unsupported model: it has no features, so it answers every row alike; train it on some',
    );
  }
  assertSignable(ir);
  const signature = signatureOf(ir, COMPILER_VERSION);
  const graph = new GraphBuilder();
  declareInputs(graph, signature);
  const { blocks, places } = emitColumns(ir, graph);

  const input = joinBlocks(graph, blocks.length > 0 ? blocks : [anyInput(graph, signature)]);
  const plain = isPlainSum(ir);
  const sum = emitTrees(ir, graph, input, places, plain ? RAW_OUTPUT : undefined);
  if (!plain) emitRaw(ir, graph, sum);
  emitLink(ir, graph);
  graph.output(PROBABILITIES_OUTPUT, 'f64', ['N', signature.classNames.length || ir.dimension]);
  graph.output(RAW_OUTPUT, 'f64', ['N', ir.dimension]);

  const onnx = graph.toBytes({
    producerName: 'regno',
    producerVersion: COMPILER_VERSION,
    graphName: ir.source.sha256.slice(0, 16),
    metadata: metadataProps(signature),
  });
  return { onnx, signature };
}

function declareInputs(graph: GraphBuilder, signature: ModelSignature): void {
  const count = (kind: string): number =>
    signature.features.filter((feature) => feature.kind === kind).length;
  if (count('float') > 0) graph.input(NUMERIC_INPUT, 'f32', ['N', count('float')]);
  if (count('categorical') > 0) graph.input(CATEGORY_INPUT, 'i64', ['N', count('categorical')]);
  for (let text = 0; text < count('text'); text++) {
    graph.input(textInput(text), 'i64', ['N', `L${text}`]);
  }
}

/** All columns of the IR, kind by kind; the blocks in the order of the trees' input. */
function emitColumns(
  ir: Ir,
  graph: GraphBuilder,
): { readonly blocks: Block[]; readonly places: ReadonlyMap<number, Place> } {
  const blocks: Block[] = [];
  const places = new Map<number, Place>();
  const place = (added: ReadonlyMap<number, Place>): void => {
    added.forEach((where, column) => places.set(column, where));
  };

  const numeric = emitNumeric(ir, graph, NUMERIC_INPUT);
  if (numeric) {
    blocks.push(numeric.block);
    place(numeric.places);
  }
  const counts = emitTokenCounts(ir, graph, textInput);
  if (counts) {
    const hasBayes = ir.naiveBayes.length > 0;
    const block: Block = hasBayes ? widen(graph, counts.block) : counts.block;
    blocks.push(block);
    place(placeTokens(ir, { ...counts, block }));
    const bayes = emitNaiveBayes(ir, graph, counts, block.tensors[0] ?? '');
    if (bayes) {
      blocks.push(bayes.block);
      place(bayes.places);
    }
  }
  const type = blocks.some((block) => block.type === 'f64') ? 'f64' : 'f32';
  const categories = emitCategories(ir, graph, CATEGORY_INPUT, bordersOf(ir), places, type);
  if (categories) {
    blocks.push(categories.block);
    place(categories.places);
  }
  return { blocks, places };
}

function widen(graph: GraphBuilder, block: Block): Block {
  const tensor = graph.cast(graph.concat(block.tensors), 'f64');
  return { tensors: [tensor], type: 'f64', width: block.width };
}

/** Borders that trees hold against each column, ascending. */
function bordersOf(ir: Ir): BordersOf {
  const sets = new Map<number, Set<number>>();
  const add = (column: number, border: number): void => {
    const set = sets.get(column) ?? new Set();
    sets.set(column, set.add(border));
  };
  for (const tree of ir.trees) {
    if (tree.kind === 'oblivious') {
      for (const split of tree.splits) add(split.column, split.border);
    } else {
      tree.column.forEach((column, node) => {
        if (column >= 0) add(column, tree.border[node] ?? 0);
      });
    }
  }
  const sorted = new Map<number, Float64Array>();
  for (const [column, set] of sets) sorted.set(column, Float64Array.from(set).sort());
  return (column) => sorted.get(column) ?? new Float64Array();
}

/** A constant model still answers one row per row: any input shows how many there are. */
function anyInput(graph: GraphBuilder, signature: ModelSignature): Block {
  const kind = signature.features[0]?.kind;
  const tensor =
    kind === 'float' ? NUMERIC_INPUT : kind === 'categorical' ? CATEGORY_INPUT : textInput(0);
  return kind === 'float'
    ? { tensors: [tensor], type: 'f32', width: 1 }
    : { tensors: [graph.cast(tensor, 'f64')], type: 'f64', width: 1 };
}
