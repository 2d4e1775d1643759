import { describe, expect, it } from 'vitest';
import { ByteCursor } from './byte-cursor.js';
import { FlatBufferTable } from './flat-buffer-table.js';
import { readTreeNodes } from './read-tree-nodes.js';
import type { TreeSizes } from './read-tree-nodes.js';

type Steps = readonly (readonly [whenFalse: number, whenTrue: number])[];

/** A table of two vectors, NonSymmetricStepNodes (field 10) and NonSymmetricNodeIdToLeafId (11). */
function tableOf(steps: Steps, leaf: readonly number[]): FlatBufferTable {
  const [vtable, table, first] = [4, 32, 44];
  const second = first + 4 + 4 * steps.length;
  const view = new DataView(new ArrayBuffer(second + 4 + 4 * leaf.length));
  view.setUint32(0, table, true);
  view.setUint16(vtable, 28, true);
  view.setUint16(vtable + 2, 12, true);
  view.setUint16(vtable + 4 + 2 * 10, 4, true);
  view.setUint16(vtable + 4 + 2 * 11, 8, true);
  view.setInt32(table, table - vtable, true);
  view.setUint32(table + 4, first - (table + 4), true);
  view.setUint32(table + 8, second - (table + 8), true);
  view.setUint32(first, steps.length, true);
  steps.flat().forEach((step, i) => view.setUint16(first + 4 + 2 * i, step, true));
  view.setUint32(second, leaf.length, true);
  leaf.forEach((value, i) => view.setUint32(second + 4 + 4 * i, value, true));
  return FlatBufferTable.root(new ByteCursor(new Uint8Array(view.buffer), 'trees'));
}

function read(steps: Steps, leaf: readonly number[], other: Partial<TreeSizes> = {}) {
  return readTreeNodes(tableOf(steps, leaf), {
    sizes: Int32Array.of(steps.length),
    starts: Int32Array.of(0),
    splits: new Int32Array(steps.length),
    leafValues: 8,
    dimension: 2,
    ...other,
  });
}

/** Node 0 asks: fails: node 1, which asks and has both its leaves as nodes; holds: it stays. */
const STEPS: Steps = [[1, 0], [1, 2], [0, 0], [0, 0]]; // prettier-ignore
const LEAF = [4, 0xffffffff, 0, 2];

describe('nodes of non-symmetric trees', () => {
  it('are read with the levels of their trees', () => {
    const { nodes, depths } = read(STEPS, LEAF)!;
    expect([...nodes.whenFalse]).toEqual([1, 1, 0, 0]);
    expect([...nodes.whenTrue]).toEqual([0, 2, 0, 0]);
    expect([...nodes.leaf]).toEqual(LEAF);
    expect([...depths]).toEqual([2]);
  });

  it('may be a single leaf, and are absent where trees are symmetric', () => {
    expect([...read([[0, 0]], [0])!.depths]).toEqual([0]);
    expect(read([], [])).toBeUndefined();
  });

  const two = { sizes: Int32Array.of(3, 1), starts: Int32Array.of(0, 3) };

  it.each<[string, Steps, readonly number[], Partial<TreeSizes>, RegExp]>([
    ['no leaves', STEPS, [], {}, /4 NonSymmetricStepNodes and 0 NonSymmetricNodeIdToLeafId for 4/],
    ['no steps', [], LEAF, { splits: new Int32Array(4) }, /0 NonSymmetricStepNodes and 4/],
    ['fewer splits', STEPS, LEAF, { splits: new Int32Array(3) }, /for 3 TreeSplits/],
    ['a step out of the tree', [[1, 0], [1, 3], [0, 0], [0, 0]], LEAF, {}, /node 1 of tree 0 leads to 4 of 4/], // prettier-ignore
    ['a step into another tree', STEPS, LEAF, two, /node 1 of tree 0 leads to 3 of 3/],
    ['two steps to a node', [[1, 2], [1, 2], [0, 0], [0, 0]], LEAF, {}, /two steps lead to node 2/], // prettier-ignore
    ['both steps to a node', [[1, 1], [1, 2], [0, 0], [0, 0]], LEAF, {}, /two steps lead to node 1/], // prettier-ignore
    ['a node without a parent', [[1, 0], [1, 0], [0, 0], [0, 0]], [4, 0, 0, 2], {}, /no step leads to node 3/], // prettier-ignore
    ['a leaf beyond the values', STEPS, [8, 0, 0, 2], {}, /node 0 ends at leaf value 8, .*below 8/],
    ['a leaf between two', STEPS, [3, 0, 0, 2], {}, /leaf value 3, expected a multiple of 2/],
    ['a stay without a leaf', STEPS, [4, 0, 0, 0xffffffff], {}, /node 3 ends at leaf value 4294967295/], // prettier-ignore
    ['a tree of no nodes', STEPS, LEAF, { sizes: Int32Array.of(0, 4), starts: Int32Array.of(0, 0) }, /tree 0 has 0 nodes/], // prettier-ignore
    ['a tree longer than all', STEPS, LEAF, { sizes: Int32Array.of(5) }, /tree 0 has 5 nodes, expected 1 to 4/], // prettier-ignore
    ['nodes of no tree', STEPS, LEAF, { sizes: Int32Array.of(), starts: Int32Array.of() }, /4 TreeSplits, the trees have 0 nodes/], // prettier-ignore
    ['another start', STEPS, LEAF, { starts: Int32Array.of(1) }, /tree 0 starts at node 1, expected 0/], // prettier-ignore
  ])('are refused as damaged: %s', (_, steps, leaf, other, message) => {
    expect(() => read(steps, leaf, other)).toThrow(message);
    expect(() => read(steps, leaf, other)).toThrow(
      expect.objectContaining({ code: 'damaged-model' }),
    );
  });

  it('are refused where a tree has more levels than any tool makes', () => {
    const chain = (levels: number): Steps =>
      Array.from({ length: levels }, (_, node) => [0, node < levels - 1 ? 1 : 0]);
    const leaf = (levels: number): number[] => new Array<number>(levels).fill(0);
    expect([...read(chain(1025), leaf(1025))!.depths]).toEqual([1024]);
    expect(() => read(chain(1026), leaf(1026))).toThrow(/tree 0 has 1025 levels, at most 1024/);
  });
});
