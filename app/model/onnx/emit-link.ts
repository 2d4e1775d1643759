import type { Ir } from '../ir/ir.js';
import { emitExponent, emitInverseExponent, emitSoftmax } from './emit-exponent.js';
import type { Named } from './emit-exponent.js';
import type { GraphBuilder } from './graph-builder.js';

/** Names of the graph's outputs. */
export const RAW_OUTPUT = 'raw';
export const PROBABILITIES_OUTPUT = 'probabilities';

/** Whether `scale * sum + bias` is the sum itself, so that nothing may be computed. */
export function isPlainSum(ir: Ir): boolean {
  return ir.scale === 1 && ir.bias.every((bias) => bias === 0);
}

/** `raw = scale * sum + bias`, without the factor or the term that would do nothing. */
export function emitRaw(ir: Ir, graph: GraphBuilder, sum: string): void {
  const hasBias = ir.bias.some((bias) => bias !== 0);
  let value = sum;
  if (ir.scale !== 1) {
    const scale = graph.constant('scale', Float64Array.of(ir.scale), [1]);
    value = graph.node('Mul', [value, scale], hasBias ? {} : { output: RAW_OUTPUT });
  }
  if (hasBias) {
    const bias = graph.constant('bias', Float64Array.from(ir.bias), [ir.dimension]);
    graph.node('Add', [value, bias], { output: RAW_OUTPUT });
  }
}

/** Raw values to what the model predicts, all in f64. */
export function emitLink(ir: Ir, graph: GraphBuilder): void {
  const output = PROBABILITIES_OUTPUT;
  switch (ir.link) {
    case 'sigmoid':
      emitTwoClasses(graph, emitSigmoid(graph));
      break;
    case 'one-vs-all':
      emitSigmoid(graph, { output });
      break;
    case 'softmax':
      emitSoftmax(graph, RAW_OUTPUT, ir.dimension, { output });
      break;
    case 'identity':
      graph.node('Identity', [RAW_OUTPUT], { output });
      break;
    case 'exponent':
      emitExponent(graph, RAW_OUTPUT, { output });
      break;
    case 'mean-and-variance':
      emitMeanAndVariance(graph);
      break;
  }
}

/**
 * 1 / (1 + exp(-raw)) step by step: the Sigmoid operator computes 1 - 1 / (1 + exp(raw)) for
 * negative values, which is not the same number.
 */
function emitSigmoid(graph: GraphBuilder, options: Named = {}): string {
  const exponential = emitInverseExponent(graph, RAW_OUTPUT);
  const one = graph.constant('one', Float64Array.of(1), [1]);
  return graph.node('Reciprocal', [graph.node('Add', [exponential, one])], options);
}

/** [raw0, exp(2 * raw1)] */
function emitMeanAndVariance(graph: GraphBuilder): void {
  const column = (index: number): string => {
    const place = graph.constant(`output_${index}`, BigInt64Array.of(BigInt(index)), [1]);
    return graph.node('Gather', [RAW_OUTPUT, place], { attributes: { axis: 1n } });
  };
  const two = graph.constant('two', Float64Array.of(2), [1]);
  const variance = emitExponent(graph, graph.node('Mul', [column(1), two]));
  graph.node('Concat', [column(0), variance], {
    attributes: { axis: 1n },
    output: PROBABILITIES_OUTPUT,
  });
}

/** [1 - p1, p1] by one product with [-1, 1] plus [1, 0], both of which are exact. */
function emitTwoClasses(graph: GraphBuilder, positive: string): void {
  const signs = graph.constant('class_signs', Float64Array.of(-1, 1), [1, 2]);
  const offsets = graph.constant('class_offsets', Float64Array.of(1, 0), [2]);
  graph.node('Gemm', [positive, signs, offsets], { output: PROBABILITIES_OUTPUT });
}
