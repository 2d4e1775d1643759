import { ModelError } from '../errors.js';
import type { Ir, NaiveBayes } from '../ir/ir.js';
import { logOddsBound, roundedBound } from './rounding-bounds.js';
import type { Block, Place, PlacedBlock } from './column-block.js';
import { emitSoftmax } from './emit-exponent.js';
import type { TokenCounts } from './emit-texts.js';
import type { GraphBuilder } from './graph-builder.js';

/** One output column of the block: a class, or for two classes the log-odds of class 0. */
interface Term {
  readonly calcer: NaiveBayes;
  readonly dictionary: number;
  readonly classIndex: number;
}

/**
 * Naive Bayes over token counts, in f64. `v[c] = logPrior[c] + sum(n * logWeight[c]) - len * ln(D[c])`.
 *
 * With two classes the block holds `v[0] - v[1]`, and borders on the probability become bounds on
 * that difference, as the sigmoid between them is monotone. With more classes it holds the softmax.
 * Where every gram was seen in every class, D is a constant, and all is one product.
 */
export function emitNaiveBayes(
  ir: Ir,
  graph: GraphBuilder,
  counts: TokenCounts,
  counts64: string,
): PlacedBlock | undefined {
  if (ir.naiveBayes.length === 0) return undefined;
  const classes = ir.naiveBayes[0]?.classes.length ?? 0;
  if (ir.naiveBayes.some((calcer) => calcer.classes.length !== classes)) {
    throw new ModelError('unsupported-model', 'Naive Bayes calcers of unequal numbers of classes');
  }
  const terms = ir.naiveBayes.flatMap((calcer) =>
    calcer.classes.map((_, classIndex): Term => {
      return { calcer, dictionary: calcer.dictionary, classIndex };
    }),
  );
  const shape: Shape = { classes, calcers: ir.naiveBayes.length, terms };
  const values = ir.naiveBayes.every(seesEverything)
    ? emitLinear(graph, counts, counts64, shape)
    : emitGeneral(graph, counts, counts64, shape);
  const tensor = classes === 2 ? values : emitClassProbabilities(graph, values, shape);

  const perCalcer = classes === 2 ? 1 : classes;
  const width = perCalcer * shape.calcers;
  const block: Block = { tensors: [tensor], type: 'f64', width };
  return { block, places: placeOutputs(ir, block, classes) };
}

interface Shape {
  readonly classes: number;
  readonly calcers: number;
  readonly terms: readonly Term[];
}

function placeOutputs(ir: Ir, block: Block, classes: number): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>();
  ir.columns.forEach((column, index) => {
    if (column.kind !== 'naive-bayes') return;
    if (classes !== 2) {
      const offset = column.calcer * classes + column.output;
      places.set(index, { block, offset, bound: roundedBound });
    } else if (column.output === 0) {
      places.set(index, { block, offset: column.calcer, bound: logOddsBound });
    } else {
      throw new ModelError(
        'unsupported-model',
        'Naive Bayes of two classes has one output, class 0; the model asks for class 1',
      );
    }
  });
  return places;
}

function seesEverything(calcer: NaiveBayes): boolean {
  return calcer.classes.every(({ seen }) => seen.every((flag) => flag === 1));
}

/** D constant: `n * (logWeight - ln D)` summed, and for two classes the classes' difference. */
function emitLinear(
  graph: GraphBuilder,
  counts: TokenCounts,
  counts64: string,
  shape: Shape,
): string {
  const columns = shape.classes === 2 ? shape.calcers : shape.terms.length;
  const weights = new Float64Array(counts.block.width * columns);
  const offsets = new Float64Array(columns);
  shape.terms.forEach((term, index) => {
    const column = shape.classes === 2 ? Math.floor(index / 2) : index;
    const sign = shape.classes === 2 && term.classIndex === 1 ? -1 : 1;
    const logD = Math.log(term.calcer.denominator[term.classIndex] ?? NaN);
    offsets[column] =
      (offsets[column] ?? 0) + sign * (term.calcer.logPrior[term.classIndex] ?? NaN);
    eachWeight(counts, term, (row, weight) => {
      const at = row * columns + column;
      weights[at] = (weights[at] ?? 0) + sign * (weight - logD);
    });
  });
  return emitAffine(graph, counts64, 'bayes', weights, offsets);
}

/** D depends on how many grams the text has that the class never saw. */
function emitGeneral(
  graph: GraphBuilder,
  counts: TokenCounts,
  counts64: string,
  shape: Shape,
): string {
  const columns = shape.terms.length;
  const cells = counts.block.width * columns;
  const [weights, lengths, unseen] = [cells, cells, cells].map((n) => new Float64Array(n));
  if (weights === undefined || lengths === undefined || unseen === undefined) return counts64;
  shape.terms.forEach((term, column) => {
    const { seen } = term.calcer.classes[term.classIndex] ?? {};
    eachWeight(counts, term, (row, weight, gram) => {
      const at = row * columns + column;
      weights[at] = weight;
      lengths[at] = 1;
      unseen[at] = seen?.[gram] === 1 ? 0 : 1;
    });
  });
  const prior = shape.terms.map((term) => term.calcer.logPrior[term.classIndex] ?? NaN);
  const dims = [counts.block.width, columns];

  const sum = emitAffine(graph, counts64, 'bayes', weights, Float64Array.from(prior));
  const length = graph.node('MatMul', [counts64, graph.constant('bayes_members', lengths, dims)]);
  const one = graph.constant('present', Float64Array.of(1), [1]);
  const presence = graph.node('Min', [counts64, one]);
  const { logs, starts } = denominatorLogs(shape.terms);
  const place = emitAffine(graph, presence, 'bayes_unseen', unseen, starts);
  const table = graph.constant('bayes_logs', logs, [logs.length]);
  const penalty = graph.node('Mul', [
    length,
    graph.node('Gather', [table, graph.cast(place, 'i64')]),
  ]);
  const values = graph.node('Sub', [sum, penalty]);
  return shape.classes === 2 ? emitDifferences(graph, values, shape) : values;
}

/**
 * ln(D) of each term by the number of distinct grams that its class never saw. A table, because the
 * Log operator's last digit may depend on how many rows a batch has.
 */
function denominatorLogs(terms: readonly Term[]): {
  readonly logs: Float64Array;
  /** Where each term's logarithms begin. */
  readonly starts: Float64Array;
} {
  const logs: number[] = [];
  const starts = Float64Array.from(terms, ({ calcer, classIndex }) => {
    const start = logs.length;
    let denominator = calcer.denominator[classIndex] ?? NaN;
    logs.push(Math.log(denominator));
    for (const seen of calcer.classes[classIndex]?.seen ?? []) {
      if (seen === 1) continue;
      denominator += calcer.tokenPrior;
      logs.push(Math.log(denominator));
    }
    return start;
  });
  return { logs: Float64Array.from(logs), starts };
}

/** `v[0] - v[1]` of each calcer by a product with a matrix of 1 and -1. */
function emitDifferences(graph: GraphBuilder, values: string, shape: Shape): string {
  const signs = new Float64Array(shape.terms.length * shape.calcers);
  shape.terms.forEach((term, row) => {
    signs[row * shape.calcers + Math.floor(row / 2)] = term.classIndex === 0 ? 1 : -1;
  });
  const dims = [shape.terms.length, shape.calcers];
  return graph.node('MatMul', [values, graph.constant('bayes_signs', signs, dims)]);
}

/** Softmax over each calcer's classes. */
function emitClassProbabilities(graph: GraphBuilder, values: string, shape: Shape): string {
  if (shape.calcers === 1) return emitSoftmax(graph, values, shape.classes);
  const split = BigInt64Array.of(0n, BigInt(shape.calcers), BigInt(shape.classes));
  const split3 = graph.node('Reshape', [values, graph.constant('bayes_split', split, [3])]);
  const soft = emitSoftmax(graph, split3, shape.classes);
  const flat = BigInt64Array.of(0n, BigInt(shape.terms.length));
  return graph.node('Reshape', [soft, graph.constant('bayes_flat', flat, [2])]);
}

function emitAffine(
  graph: GraphBuilder,
  input: string,
  name: string,
  weights: Float64Array,
  offsets: Float64Array,
): string {
  const rows = weights.length / offsets.length;
  return graph.node('Gemm', [
    input,
    graph.constant(`${name}_weights`, weights, [rows, offsets.length]),
    graph.constant(`${name}_offsets`, offsets, [offsets.length]),
  ]);
}

function eachWeight(
  counts: TokenCounts,
  term: Term,
  visit: (row: number, weight: number, gram: number) => void,
): void {
  const weights = term.calcer.classes[term.classIndex]?.logWeight ?? new Float64Array();
  weights.forEach((weight, gram) => {
    visit(counts.columnOf(term.dictionary, gram), weight, gram);
  });
}
