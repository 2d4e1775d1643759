import type { GraphBuilder } from './graph-builder.js';

/** Columns that stand side by side in one or more tensors [N, ...] of one element type. */
export interface Block {
  readonly tensors: readonly string[];
  readonly type: 'f32' | 'f64';
  /** Columns over all tensors. */
  readonly width: number;
}

/** Where a column of the IR stands, and what its borders become there. */
export interface Place {
  readonly block: Block;
  /** Position within the block. */
  readonly offset: number;
  /** `value > border` of the IR is `number in the block > bound(border)`. */
  readonly bound: (border: number) => number;
}

/** A block with the places of the IR's columns (by index) that it holds. */
export interface PlacedBlock {
  readonly block: Block;
  readonly places: ReadonlyMap<number, Place>;
}

/** The trees' input: one f64 tensor, and the position of each block's first column in it. */
export interface TreeInput {
  readonly tensor: string;
  readonly starts: ReadonlyMap<Block, number>;
}

/** Bounds are the borders themselves. */
export function sameBound(border: number): number {
  return border;
}

/**
 * Puts all blocks into one f64 tensor. Where all are f32 they are joined first and widened once;
 * otherwise each f32 block is widened by itself. Widening is exact.
 */
export function joinBlocks(graph: GraphBuilder, blocks: readonly Block[]): TreeInput {
  const starts = new Map<Block, number>();
  let width = 0;
  for (const block of blocks) {
    starts.set(block, width);
    width += block.width;
  }
  if (blocks.every((block) => block.type === 'f32')) {
    const joined = graph.concat(blocks.flatMap((block) => block.tensors));
    return { tensor: graph.cast(joined, 'f64'), starts };
  }
  const tensors = blocks.flatMap((block) =>
    block.type === 'f64' ? block.tensors : [graph.cast(graph.concat(block.tensors), 'f64')],
  );
  return { tensor: graph.concat(tensors), starts };
}
