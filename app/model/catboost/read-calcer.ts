import { ModelError } from '../errors.js';
import type { ByteCursor } from './byte-cursor.js';
import type { CbmCalcer, CbmNaiveBayes } from './cbm-model.js';
import { FlatBufferTable } from './flat-buffer-table.js';

const MARK_BYTES = 16;
const KIND = { bagOfWords: 0, naiveBayes: 1 };
const UNION = { naiveBayes: 2, bagOfWords: 3 };
const EMPTY_TOKEN = 0xffffffff;
/** Counts are summed in f64. */
const COUNT_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Reads a text calcer's body: BoW or NaiveBayes.
 *
 * @throws ModelError `damaged-model`; `unsupported-model` naming any other kind.
 */
export function readCalcer(file: ByteCursor): CbmCalcer {
  file.expectMagic('FeatureCalcerV1', MARK_BYTES);
  const kind = file.u32('kind of a calcer');
  if (kind !== KIND.bagOfWords && kind !== KIND.naiveBayes) {
    const name = kind === 2 ? 'BM25' : `number ${kind}`;
    throw new ModelError(
      'unsupported-model',
      `unsupported model: text calcer ${name}; expected BoW or NaiveBayes: ` +
        'train with feature_calcers of these kinds only',
    );
  }
  const table = FlatBufferTable.root(file.take(file.byteCount('length of a calcer'), 'calcer'));
  const guid = table.guid(0, 'Id') ?? table.fail('Id is missing');
  const activeOutputs = table.u32s(1, 'ActiveFeatureIndices');
  const unionType = table.i8(2, 'FeatureCalcerImpl_type', 0);
  const expected = kind === KIND.bagOfWords ? UNION.bagOfWords : UNION.naiveBayes;
  if (unionType !== expected) {
    table.fail(`a calcer of kind ${kind} has a body of type ${unionType}`);
  }
  const body = table.table(3, 'FeatureCalcerImpl') ?? table.fail('the body is missing');
  return kind === KIND.bagOfWords
    ? { kind: 'bag-of-words', guid, activeOutputs, tokenCount: body.u32(0, 'NumTokens', 0) }
    : readNaiveBayes(file, body, { guid, activeOutputs });
}

function readNaiveBayes(
  file: ByteCursor,
  body: FlatBufferTable,
  base: Pick<CbmNaiveBayes, 'guid' | 'activeOutputs'>,
): CbmNaiveBayes {
  const classCount = body.u32(0, 'NumClasses', 0);
  const documents = body.u32s(4, 'ClassDocs');
  const tokens = body.u64s(5, 'ClassTotalTokens');
  if (classCount < 1 || documents.length !== classCount || tokens.length !== classCount) {
    body.fail(
      `${classCount} classes with ${documents.length} ClassDocs and ` +
        `${tokens.length} ClassTotalTokens`,
    );
  }
  const stored = file.size('number of classes');
  if (stored !== classCount) file.fail(`${stored} tables of words for ${classCount} classes`);
  return {
    kind: 'naive-bayes',
    ...base,
    classPrior: positive(body, body.f32(1, 'ClassPrior', 0), 'ClassPrior'),
    tokenPrior: positive(body, body.f32(2, 'TokenPrior', 0), 'TokenPrior'),
    seenTokens: safeCount(body, body.u64(3, 'NumSeenTokens'), 'NumSeenTokens'),
    classes: Array.from(documents, (count, i) => ({
      documents: count,
      tokens: safeCount(body, tokens[i] ?? 0n, 'ClassTotalTokens'),
      counts: readCounts(file),
    })),
  };
}

/** Reads CatBoost's own hash table of token counts, whose order of buckets is of no use here. */
function readCounts(file: ByteCursor): Map<number, number> {
  file.u64('bucket mask');
  const filled = file.u64('filled buckets');
  file.u64('threshold');
  const buckets = file.size('number of buckets');
  const pairs = file.take(8 * buckets, 'word counts of a class');
  const counts = new Map<number, number>();
  for (let i = 0; i < buckets; i++) {
    const token = pairs.u32At(8 * i, 'token');
    if (token === EMPTY_TOKEN) continue;
    if (counts.has(token)) pairs.fail(`token ${token} appears twice`, 8 * i);
    counts.set(token, pairs.u32At(8 * i + 4, 'count'));
  }
  if (BigInt(counts.size) !== filled) {
    pairs.fail(`${counts.size} words, ${filled.toString()} declared`, 0);
  }
  if (file.u32('empty mark') !== EMPTY_TOKEN) file.fail('the empty mark is not 0xffffffff');
  file.u32('default value');
  return counts;
}

/** The logarithm of a prior must exist. */
function positive(table: FlatBufferTable, value: number, name: string): number {
  if (value > 0 && value < Infinity) return value;
  return table.fail(`${name} is ${value}, expected a number above 0`);
}

function safeCount(table: FlatBufferTable, value: bigint, name: string): number {
  return value <= COUNT_MAX ? Number(value) : table.fail(`${name} is ${value.toString()}`);
}
