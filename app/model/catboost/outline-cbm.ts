import { ByteCursor } from './byte-cursor.js';
import { FlatBufferTable } from './flat-buffer-table.js';
import { property, type Metadata } from './metadata-json.js';
import { checkMagic, readInfo } from './read-cbm.js';

/** What can be said of a CatBoost model without understanding all of it. */
export interface CbmOutline {
  readonly formatVersion: string;
  /** When the training ended (ISO 8601), '' where the file does not say. */
  readonly trainedAt: string;
  /** Loss function of the training, '' where the file does not say. */
  readonly loss: string;
  readonly trees: number;
  readonly leaves: number;
  /** Outputs of a leaf. */
  readonly outputs: number;
  /** In the order of the model's author. */
  readonly features: readonly OutlinedFeature[];
  /** Names of the sections behind the trees. */
  readonly parts: readonly string[];
}

export interface OutlinedFeature {
  readonly name: string;
  readonly kind: 'float' | 'categorical' | 'text' | 'embedding';
}

/**
 * Reads the head of a `.cbm`, for people: what `readCbm` refuses can still be described. Nothing is checked
 * but that the bytes can be read.
 *
 * @throws ModelError `damaged-model` where they cannot.
 */
export function outlineCbm(bytes: Uint8Array): CbmOutline {
  const file = new ByteCursor(bytes, 'file');
  checkMagic(file);
  const core = FlatBufferTable.root(file.take(file.size('length of the core'), 'core'));
  const trees = core.table(1, 'ModelTrees') ?? core.fail('ModelTrees is missing');
  const info = readInfo(core);
  const outputs = trees.i32(0, 'ApproxDimension', 0);
  return {
    formatVersion: core.string(0, 'FormatVersion') ?? '',
    trainedAt: info.get('train_finish_time') ?? '',
    loss: lossOf(info),
    trees: trees.i32s(2, 'TreeSizes').length,
    leaves: trees.f64s(8, 'LeafValues').length / Math.max(1, outputs),
    outputs,
    features: outlineFeatures(trees),
    parts: core.strings(3, 'ModelPartIds').map((id) => id.replaceAll('\0', '')),
  };
}

/** Fields of TModelTrees that list features, and the places of their own fields. */
const FEATURE_LISTS = [
  { field: 5, kind: 'float', flatIndex: 2, name: 4 },
  { field: 4, kind: 'categorical', flatIndex: 1, name: 2 },
  { field: 12, kind: 'text', flatIndex: 1, name: 2 },
  { field: 18, kind: 'embedding', flatIndex: 1, name: 2 },
] as const;

function outlineFeatures(trees: FlatBufferTable): OutlinedFeature[] {
  return FEATURE_LISTS.flatMap(({ field, kind, flatIndex, name }) =>
    trees.tables(field, `${kind} features`).map((table) => {
      const place = table.i32(flatIndex, 'FlatIndex', -1);
      const own = table.string(name, 'FeatureId') ?? '';
      return { place, kind, name: own === '' ? String(place) : own };
    }),
  )
    .sort((a, b) => a.place - b.place)
    .map(({ name, kind }) => ({ name, kind }));
}

function lossOf(info: Metadata): string {
  try {
    const params = JSON.parse(info.get('params') ?? '') as unknown;
    const type = property(property(params, 'loss_function'), 'type');
    return typeof type === 'string' ? type : '';
  } catch {
    return '';
  }
}
