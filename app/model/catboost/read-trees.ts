import { ModelError } from '../errors.js';
import type {
  CbmEstimatedFeature,
  CbmFloatFeature,
  CbmNamedFeature,
  CbmOneHotFeature,
  CbmTreeNodes,
  CbmTrees,
  NanTreatment,
} from './cbm-model.js';
import { finiteNumber } from './finite-number.js';
import type { FlatBufferTable } from './flat-buffer-table.js';
import { readBorders } from './read-borders.js';
import { readCtrFeature } from './read-ctr-tables.js';
import { readTreeNodes } from './read-tree-nodes.js';
import type { TreeSizes } from './read-tree-nodes.js';

const DIMENSION_MAX = 4096;
const DEPTH_MAX = 16;
const NAN_TREATMENTS: readonly NanTreatment[] = ['as-is', 'as-false', 'as-true'];
const EMBEDDING_SOURCE = 1;

/**
 * Reads the table TModelTrees; what its fields say of one another is checked here, what they say of
 * other sections by `checkTrees`.
 *
 * @throws ModelError `damaged-model`, `unsupported-model` or `limit-exceeded`.
 */
export function readTrees(table: FlatBufferTable): CbmTrees {
  refuseEmbeddings(table);
  const dimension = readDimension(table);
  return {
    dimension,
    ...readShape(table, dimension),
    floatFeatures: table.tables(5, 'FloatFeatures').map(readFloatFeature),
    categoricalFeatures: table.tables(4, 'CatFeatures').map(readNamedFeature),
    textFeatures: table.tables(12, 'TextFeatures').map(readNamedFeature),
    oneHotFeatures: table.tables(6, 'OneHotFeatures').map(readOneHotFeature),
    estimatedFeatures: table.tables(13, 'EstimatedFeatures').map(readEstimatedFeature),
    ctrFeatures: table.tables(7, 'CtrFeatures').map(readCtrFeature),
    scale: finiteNumber(table.f64(14, 'Scale', 1), 'Scale'),
    bias: readBias(table, dimension),
  };
}

function refuseEmbeddings(table: FlatBufferTable): void {
  if (table.count(18, 'EmbeddingFeatures') === 0) return;
  throw new ModelError(
    'unsupported-model',
    'unsupported model: embedding features; train without them',
  );
}

function readDimension(table: FlatBufferTable): number {
  const dimension = table.i32(0, 'ApproxDimension', 0);
  if (dimension < 1) table.fail(`ApproxDimension is ${dimension}, expected at least 1`);
  if (dimension > DIMENSION_MAX) {
    throw new ModelError(
      'limit-exceeded',
      `the model has ${dimension} outputs, at most ${DIMENSION_MAX} are accepted`,
    );
  }
  return dimension;
}

type Shape = Pick<CbmTrees, 'splits' | 'depths' | 'nodes' | 'leaves'>;

function readShape(table: FlatBufferTable, dimension: number): Shape {
  const sizes = table.i32s(2, 'TreeSizes');
  const starts = table.i32s(3, 'TreeStartOffsets');
  const splits = table.i32s(1, 'TreeSplits');
  const leaves = table.f64s(8, 'LeafValues');
  if (starts.length !== sizes.length) {
    table.fail(`${starts.length} TreeStartOffsets for ${sizes.length} trees`);
  }
  const wrong = leaves.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) finiteNumber(leaves[wrong] ?? NaN, `leaf value ${wrong}`);
  const leafValues = leaves.length;
  const read = readTreeNodes(table, { sizes, starts, splits, leafValues, dimension });
  if (read !== undefined) {
    return { ...read, leaves, splits: splitsOfNodes(table, splits, read.nodes) };
  }
  checkSymmetric(table, { sizes, starts, splits, leafValues, dimension });
  return { splits, depths: sizes, nodes: undefined, leaves };
}

/** What a node that asks nothing holds as its split means nothing. */
function splitsOfNodes(
  table: FlatBufferTable,
  splits: Int32Array,
  { whenFalse, whenTrue }: CbmTreeNodes,
): Int32Array {
  return splits.map((split, node) => {
    if (whenFalse[node] === 0 && whenTrue[node] === 0) return -1;
    return split < 0 ? table.fail(`node ${node} asks for split ${split}`) : split;
  });
}

function checkSymmetric(
  table: FlatBufferTable,
  { sizes, starts, splits, leafValues, dimension }: TreeSizes,
): void {
  let splitCount = 0;
  let leafCount = 0;
  sizes.forEach((depth, t) => {
    if (depth < 0 || depth > DEPTH_MAX) {
      table.fail(`tree ${t} has ${depth} levels, expected 0 to ${DEPTH_MAX}`);
    }
    if (starts[t] !== splitCount) {
      table.fail(`tree ${t} starts at split ${starts[t] ?? 0}, expected ${splitCount}`);
    }
    splitCount += depth;
    leafCount += dimension * 2 ** depth;
  });
  if (splits.length !== splitCount) {
    table.fail(`${splits.length} TreeSplits, the trees have ${splitCount} levels`);
  }
  if (leafValues !== leafCount) {
    table.fail(`${leafValues} LeafValues, the trees have ${leafCount} leaves`);
  }
}

function readNamedFeature(table: FlatBufferTable): CbmNamedFeature {
  return {
    index: table.i32(0, 'Index', -1),
    flatIndex: table.i32(1, 'FlatIndex', -1),
    name: table.string(2, 'FeatureId') ?? '',
  };
}

function readFloatFeature(table: FlatBufferTable): CbmFloatFeature {
  const treatment = table.i8(5, 'NanValueTreatment', 0);
  return {
    index: table.i32(1, 'Index', -1),
    flatIndex: table.i32(2, 'FlatIndex', -1),
    name: table.string(4, 'FeatureId') ?? '',
    hasNans: table.bool(0, 'HasNans', false),
    nanTreatment:
      NAN_TREATMENTS[treatment] ?? table.fail(`NanValueTreatment ${treatment}, expected 0 to 2`),
    borders: readBorders(table, 3),
  };
}

function readOneHotFeature(table: FlatBufferTable): CbmOneHotFeature {
  const values = table.i32s(1, 'Values');
  if (new Set(values).size !== values.length) table.fail('one-hot Values repeat');
  return { categorical: table.i32(0, 'Index', -1), values };
}

function readEstimatedFeature(table: FlatBufferTable): CbmEstimatedFeature {
  const sourceType = table.i8(4, 'SourceFeatureType', 0);
  if (sourceType === EMBEDDING_SOURCE) {
    throw new ModelError(
      'unsupported-model',
      'unsupported model: features estimated from embeddings; train without them',
    );
  }
  if (sourceType !== 0) table.fail(`SourceFeatureType ${sourceType}, expected 0 (text)`);
  return {
    text: table.i32(0, 'SourceFeatureIndex', -1),
    calcer: table.guid(1, 'CalcerId') ?? table.fail('CalcerId is missing'),
    localIndex: table.i32(2, 'LocalIndex', -1),
    borders: readBorders(table, 3),
  };
}

function readBias(table: FlatBufferTable, dimension: number): number[] {
  const multi = [...table.f64s(16, 'MultiBias')];
  const single = table.f64(15, 'Bias', 0);
  const bias = multi.length > 0 ? multi : Array.from({ length: dimension }, () => single);
  if (bias.length !== dimension) {
    table.fail(`${bias.length} values of MultiBias for ${dimension} outputs`);
  }
  return bias.map((value) => finiteNumber(value, 'Bias'));
}
