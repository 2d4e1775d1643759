import { ModelError } from '../errors.js';
import type { ByteCursor } from './byte-cursor.js';

const MARK_BYTES = 16;
const GUID_BYTES = 16;
const LIST_MAX = 256;

/**
 * Reads a tokenizer's body and returns its guid. The one tokenizer regno evaluates is CatBoost's
 * default: split on the single character U+0020, drop empty tokens, nothing else.
 *
 * @throws ModelError `damaged-model`; `unsupported-model` naming the first other setting.
 */
export function readTokenizer(file: ByteCursor): string {
  file.expectMagic('TokenizerV1', MARK_BYTES);
  const guid = file.hex(GUID_BYTES, 'guid of a tokenizer');
  expectSetting('lowercasing', file.u8('lowercasing'), 0);
  expectSetting('lemmatizing', file.u8('lemmatizing'), 0);
  expectSetting('number_process_policy', file.u32('number policy'), NUMBER_POLICY_LEAVE);
  // What numbers would be replaced by: without effect as long as they are left alone.
  file.sizedText('number token');
  expectSetting('separator_type', file.u32('separator type'), 0);
  expectSetting('delimiter', JSON.stringify(file.sizedText('delimiter')), '" "');
  expectSetting('split_by_set', file.u8('split by set'), 0);
  expectSetting('skip_empty', file.u8('skip empty'), 1);
  // Token types and the subtokens policy matter only to the other separator type.
  readList(file, 'token types');
  file.u32('subtokens policy');
  expectSetting('languages', `[${readList(file, 'languages').join(',')}]`, '[]');
  return guid;
}

const NUMBER_POLICY_LEAVE = 1;

function readList(file: ByteCursor, what: string): Uint32Array {
  const count = file.size(what);
  if (count > LIST_MAX) file.fail(`${count} ${what}, at most ${LIST_MAX} make sense`);
  return file.u32Array(count, what);
}

function expectSetting(setting: string, value: number | string, expected: number | string): void {
  if (value === expected) return;
  const shown = String(value).slice(0, 64);
  throw new ModelError(
    'unsupported-model',
    `unsupported model: tokenizer setting ${setting} = ${shown}, expected ${expected}; ` +
      'train with the default tokenizer (split on single spaces)',
  );
}
