import type { ByteCursor } from './byte-cursor.js';
import type {
  CbmCalcer,
  CbmDictionary,
  CbmTextProcessing,
  CbmTokenizedFeature,
} from './cbm-model.js';
import { FlatBufferTable } from './flat-buffer-table.js';
import { readCalcer } from './read-calcer.js';
import { readDictionary } from './read-dictionary.js';
import { readTokenizer } from './read-tokenizer.js';

const MARK = 'text_process_v2';
const MARK_BYTES = 16;
const GUID_BYTES = 16;
const PART = { tokenizer: 0, dictionary: 1, calcer: 2, terminator: 3 };

/**
 * Reads the part `text_process_v2` from where `file` stands, up to and with its terminator.
 *
 * @throws ModelError `damaged-model`, or `unsupported-model` for a tokenizer, dictionary or calcer
 *   that regno does not evaluate.
 */
export function readTextProcessing(file: ByteCursor): CbmTextProcessing {
  file.expectMagic(MARK, MARK_BYTES);
  const header = FlatBufferTable.root(
    file.take(file.byteCount('length of the header'), 'text header'),
  );
  return resolve(header, readItems(file));
}

interface Items {
  readonly tokenizers: Set<string>;
  readonly dictionaries: Map<string, CbmDictionary>;
  readonly calcers: Map<string, CbmCalcer>;
}

function readItems(file: ByteCursor): Items {
  const items: Items = { tokenizers: new Set(), dictionaries: new Map(), calcers: new Map() };
  for (;;) {
    const part = FlatBufferTable.root(
      file.take(file.byteCount('length of a text item'), 'text item'),
    );
    const type = part.i8(0, 'PartType', PART.tokenizer);
    if (type === PART.terminator) return items;
    const guid = part.guid(1, 'Id') ?? part.fail('Id is missing');
    const bodyGuid = readBody(file, part, type, items);
    if (bodyGuid !== guid) part.fail(`the item ${guid} has a body named ${bodyGuid}`);
  }
}

/** Returns the guid that the body gives itself. */
function readBody(file: ByteCursor, part: FlatBufferTable, type: number, items: Items): string {
  switch (type) {
    case PART.tokenizer: {
      const guid = readTokenizer(file);
      items.tokenizers.add(guid);
      return guid;
    }
    case PART.dictionary: {
      const dictionary = readDictionary(file);
      items.dictionaries.set(dictionary.guid, dictionary);
      return dictionary.guid;
    }
    case PART.calcer: {
      const calcer = readCalcer(file);
      items.calcers.set(calcer.guid, calcer);
      return calcer.guid;
    }
    default:
      return part.fail(`PartType ${type}, expected 0 to 3`);
  }
}

/** Follows the header's guids to the bodies, whatever order those stand in. */
function resolve(header: FlatBufferTable, items: Items): CbmTextProcessing {
  const tokenizers = guids(header, 0, 'TokenizerId');
  const digitizers = guids(header, 1, 'DictionaryId').map(
    (guid) => items.dictionaries.get(guid) ?? header.fail(`dictionary ${guid} has no body`),
  );
  const calcers = guids(header, 2, 'CalcerId').map(
    (guid) => items.calcers.get(guid) ?? header.fail(`calcer ${guid} has no body`),
  );
  if (tokenizers.length !== digitizers.length) {
    header.fail(`${tokenizers.length} tokenizers for ${digitizers.length} dictionaries`);
  }
  const unknown = tokenizers.find((guid) => !items.tokenizers.has(guid));
  if (unknown !== undefined) header.fail(`tokenizer ${unknown} has no body`);
  if (new Set(calcers).size !== calcers.length) header.fail('CalcerId repeats');

  const dictionaries = [...new Set(digitizers)];
  const places = new Map(dictionaries.map((dictionary, i) => [dictionary, i]));
  const digitizerPlaces = digitizers.map((dictionary) => places.get(dictionary) ?? 0);
  return {
    dictionaries,
    calcers,
    tokenizedFeatures: tokenizedFeatures(header, digitizerPlaces, calcers.length),
  };
}

function tokenizedFeatures(
  header: FlatBufferTable,
  digitizers: readonly number[],
  calcerCount: number,
): CbmTokenizedFeature[] {
  const calcerLists = header.tables(4, 'PerTokenizedFeatureCalcers').map((list) => ids(list));
  const features: CbmTokenizedFeature[] = [];
  const taken = new Set<number>();
  header.tables(3, 'PerFeatureDigitizers').forEach((list, text) => {
    for (const digitizer of ids(list)) {
      const dictionary = digitizers[digitizer];
      const calcers = calcerLists[features.length];
      if (dictionary === undefined) header.fail(`digitizer ${digitizer} does not exist`);
      if (calcers === undefined) header.fail('PerTokenizedFeatureCalcers is too short');
      for (const calcer of calcers) {
        if (calcer >= calcerCount) header.fail(`calcer ${calcer} does not exist`);
        if (taken.has(calcer)) header.fail(`calcer ${calcer} belongs to two tokenized features`);
        taken.add(calcer);
      }
      features.push({ text, dictionary, calcers });
    }
  });
  if (features.length !== calcerLists.length) {
    header.fail(`${calcerLists.length} lists of calcers for ${features.length} tokenized features`);
  }
  return features;
}

function ids(list: FlatBufferTable): number[] {
  return [...list.u32s(0, 'Ids')];
}

function guids(header: FlatBufferTable, id: number, name: string): string[] {
  return header.structs(id, GUID_BYTES, name, (cursor, at) => cursor.hexAt(at, GUID_BYTES, name));
}
