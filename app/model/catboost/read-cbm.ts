import { ModelError } from '../errors.js';
import { ByteCursor } from './byte-cursor.js';
import type { CbmCtrTable, CbmModel, CbmTextProcessing } from './cbm-model.js';
import { FlatBufferTable } from './flat-buffer-table.js';
import { compactFeatures } from './compact-features.js';
import { checkTrees } from './check-trees.js';
import { readCtrTables } from './read-ctr-tables.js';
import { readTextProcessing } from './read-text-processing.js';
import { readTrees } from './read-trees.js';

const MAGIC = 'CBM1';
/** Misspelt like that in CatBoost. */
const FORMAT_VERSION = 'FlabuffersModel_v1';

/**
 * Reads a CatBoost binary model.
 *
 * @param bytes a whole `.cbm` file; not kept.
 * @throws ModelError `damaged-model` where the bytes contradict the format (with section and
 *   offset), `unsupported-model` where they are in order but use what regno does not evaluate
 *   (named), `limit-exceeded` where a size is beyond what regno accepts.
 */
export function readCbm(bytes: Uint8Array): CbmModel {
  const file = new ByteCursor(bytes, 'file');
  checkMagic(file);
  const core = FlatBufferTable.root(file.take(file.size('length of the core'), 'core'));
  const version = core.string(0, 'FormatVersion') ?? '';
  if (version !== FORMAT_VERSION) {
    throw new ModelError(
      'unsupported-model',
      `unsupported model: format version ${JSON.stringify(version.slice(0, 64))}, ` +
        `expected "${FORMAT_VERSION}"; save the model with CatBoost 1.x`,
    );
  }
  const treesTable = core.table(1, 'ModelTrees') ?? core.fail('ModelTrees is missing');
  const trees = readTrees(treesTable);
  const info = readInfo(core);
  const parts = readParts(file, core.strings(3, 'ModelPartIds'));
  file.expectEnd();
  const asWritten = { info, trees, ctrTables: parts.ctrTables ?? [], text: parts.text };
  const model = compactFeatures(asWritten, treesTable);
  checkTrees(model, treesTable);
  return model;
}

export function checkMagic(file: ByteCursor): void {
  const mark = [0, 1, 2, 3].map((i) => (i < file.length ? file.u8At(i, 'mark') : 0));
  if (String.fromCharCode(...mark) !== MAGIC) {
    throw new ModelError(
      'damaged-model',
      `damaged model: the first four bytes are not "${MAGIC}" (section "file", offset 0); ` +
        'expected a CatBoost model saved in the format cbm',
    );
  }
  file.take(4, 'mark');
}

export function readInfo(core: FlatBufferTable): Map<string, string> {
  const info = new Map<string, string>();
  for (const pair of core.tables(2, 'InfoMap')) {
    info.set(pair.string(0, 'Key') ?? '', pair.string(1, 'Value') ?? '');
  }
  return info;
}

interface Parts {
  ctrTables?: CbmCtrTable[];
  text?: CbmTextProcessing;
}

function readParts(file: ByteCursor, ids: readonly string[]): Parts {
  const parts: Parts = {};
  for (const storedId of ids) {
    // CatBoost stores the text part's id with the NUL that ends its C string.
    const id = storedId.replaceAll('\0', '');
    if (id === 'static_provider_v1' && parts.ctrTables === undefined) {
      parts.ctrTables = readCtrTables(file);
    } else if (id === 'text_process_v2' && parts.text === undefined) {
      parts.text = readTextProcessing(file);
    } else if (id === 'static_provider_v1' || id === 'text_process_v2') {
      file.fail(`the part "${id}" appears twice`);
    } else {
      throw new ModelError(
        'unsupported-model',
        `unsupported model: part ${JSON.stringify(id.slice(0, 64))}; ` +
          'expected only "static_provider_v1" (CTR tables) and "text_process_v2" (texts)',
      );
    }
  }
  return parts;
}
