import type { Ir } from '../ir/ir.js';
import { sameBound } from './column-block.js';
import type { Block, Place, PlacedBlock } from './column-block.js';
import type { GraphBuilder } from './graph-builder.js';

/**
 * The float features as they come, f32. A NaN fails every `>` and so counts as below all borders;
 * only where some column wants it above them all, NaN is replaced by the infinity of its column.
 */
export function emitNumeric(ir: Ir, graph: GraphBuilder, input: string): PlacedBlock | undefined {
  const above = new Set<number>();
  const columns: { readonly column: number; readonly feature: number }[] = [];
  ir.columns.forEach((column, index) => {
    if (column.kind !== 'float') return;
    columns.push({ column: index, feature: column.feature });
    if (column.missing === 'above') above.add(column.feature);
  });
  if (columns.length === 0) return undefined;

  const width = ir.features.filter((feature) => feature.kind === 'float').length;
  const tensor = above.size === 0 ? input : replaceNan(graph, input, width, above);
  const block: Block = { tensors: [tensor], type: 'f32', width };
  const places = new Map<number, Place>();
  for (const { column, feature } of columns) {
    places.set(column, { block, offset: feature, bound: sameBound });
  }
  return { block, places };
}

function replaceNan(
  graph: GraphBuilder,
  input: string,
  width: number,
  above: ReadonlySet<number>,
): string {
  const fill = Float32Array.from({ length: width }, (_, feature) =>
    above.has(feature) ? Infinity : -Infinity,
  );
  const missing = graph.node('IsNaN', [input]);
  return graph.node('Where', [missing, graph.constant('missing_fill', fill, [width]), input]);
}
