import { ModelError } from '../errors.js';
import type { ByteCursor } from './byte-cursor.js';
import type { CbmDictionary, CbmHashTable } from './cbm-model.js';
import { FlatBufferTable } from './flat-buffer-table.js';
import { readHashTable } from './read-hash-table.js';

const MARK_BYTES = 16;
const GUID_BYTES = 16;
const BUCKET_BYTES = 16;
const GRAM_ORDER_MAX = 16;
const SKIP_MAX = 1024;
/** The field `total` counts itself. */
const TOTAL_BYTES = 8;

/**
 * Reads a dictionary's body.
 *
 * @throws ModelError `damaged-model`; `unsupported-model` for letter dictionaries and
 *   end-of-sentence tokens; `limit-exceeded` for grams over {@link GRAM_ORDER_MAX} words.
 */
export function readDictionary(file: ByteCursor): CbmDictionary {
  file.expectMagic('DictionaryV1', MARK_BYTES);
  const guid = file.hex(GUID_BYTES, 'guid of a dictionary');
  file.expectMagic('MMapDictionary', MARK_BYTES);
  const total = file.byteCount('length of a dictionary');
  if (total < TOTAL_BYTES) file.fail(`a dictionary of ${total} bytes`);
  const body = file.take(total - TOTAL_BYTES, `dictionary ${guid}`);
  const meta = FlatBufferTable.root(
    body.take(body.byteCount('length of the dictionary options'), `dictionary ${guid}: options`),
  );
  const { gramOrder, skip } = readOptions(meta);
  const words = readTable(body, guid);
  const grams = gramOrder > 1 ? readTable(body, guid) : undefined;
  body.expectEnd();
  const size = meta.u32(0, 'DictionarySize', 0);
  const tokens = grams ?? words;
  if (tokens.ids.length !== size) {
    meta.fail(`DictionarySize is ${size}, the table has ${tokens.ids.length} tokens`);
  }
  return { guid, size, gramOrder, skip, words, grams };
}

function readOptions(meta: FlatBufferTable): { gramOrder: number; skip: number } {
  const options = meta.table(1, 'DictionaryOptions') ?? meta.fail('DictionaryOptions is missing');
  const level = options.i8(0, 'TokenLevelType', 0);
  if (level !== 0) refuse(`token_level_type ${level === 1 ? 'Letter' : level}, expected Word`);
  const endOfSentence = options.i8(5, 'EndOfSentenceTokenPolicy', 0);
  if (endOfSentence !== 0) {
    refuse(
      `end_of_sentence_token_policy ${endOfSentence === 1 ? 'Insert' : endOfSentence}, expected Skip`,
    );
  }
  const gramOrder = options.u32(1, 'GramOrder', 1);
  const skip = options.u32(2, 'SkipStep', 0);
  if (gramOrder < 1) options.fail('GramOrder is 0');
  if (gramOrder > GRAM_ORDER_MAX || skip > SKIP_MAX) {
    throw new ModelError(
      'limit-exceeded',
      `a dictionary has gram_order ${gramOrder} and skip_step ${skip}, ` +
        `at most ${GRAM_ORDER_MAX} and ${SKIP_MAX} are accepted`,
    );
  }
  return { gramOrder, skip };
}

function readTable(body: ByteCursor, guid: string): CbmHashTable {
  const bytes = body.byteCount('length of a hash table');
  const seed = body.u64('seed of a hash table');
  const table = readHashTable(body.take(bytes, `dictionary ${guid}: hash table`), BUCKET_BYTES);
  if (new Set(table.values).size !== table.values.length) body.fail('an id repeats');
  return { seed, hashes: table.hashes, ids: table.values };
}

function refuse(setting: string): never {
  throw new ModelError(
    'unsupported-model',
    `unsupported model: dictionary setting ${setting}; train with dictionaries of words`,
  );
}
