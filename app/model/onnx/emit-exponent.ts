import type { GraphBuilder } from './graph-builder.js';

/**
 * onnxruntime computes Exp, Softmax and ReduceSum with vector instructions over a whole batch, and
 * what does not fill the last register by other code, so that a row's last digit may depend on the
 * number of rows. What stands here treats each number, or each row, by itself.
 */

export interface Named {
  readonly output?: string;
}

/** e to the power of each value: Pow with a constant base takes the numbers one by one. */
export function emitExponent(graph: GraphBuilder, of: string, options: Named = {}): string {
  return graph.node('Pow', [graph.constant('e', Float64Array.of(Math.E), []), of], options);
}

/** e to the power of each value's negative. */
export function emitInverseExponent(graph: GraphBuilder, of: string): string {
  return graph.node('Pow', [graph.constant('inverse_e', Float64Array.of(1 / Math.E), []), of]);
}

/** Softmax over the last axis, which has `classes` values; a product with ones adds each row up. */
export function emitSoftmax(
  graph: GraphBuilder,
  of: string,
  classes: number,
  options: Named = {},
): string {
  const axis = graph.constant('last_axis', BigInt64Array.of(-1n), [1]);
  const highest = graph.node('ReduceMax', [of, axis]);
  const powers = emitExponent(graph, graph.node('Sub', [of, highest]));
  const ones = graph.constant('ones', new Float64Array(classes).fill(1), [classes, 1]);
  return graph.node('Div', [powers, graph.node('MatMul', [powers, ones])], options);
}
