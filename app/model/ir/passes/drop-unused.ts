import { ModelError } from '../../errors.js';
import type { Column, Condition, CtrTable, Dictionary, Ir, NaiveBayes, Tree } from '../ir.js';

/**
 * Drops what no tree asks for: columns, then tables of target statistics, naive Bayes calcers, grams
 * and words of dictionaries, and dictionaries, and numbers the rest anew in the old order. Features
 * stay: they are the model's interface.
 */
export function dropUnused(ir: Ir): Ir {
  const columns = keep(usedColumns(ir));
  const kept = columns.old.map((index) => present(ir.columns[index]));
  const tables = keep(kept.flatMap((column) => (column.kind === 'ctr' ? [column.table] : [])));
  const calcers = keep(
    kept.flatMap((column) => (column.kind === 'naive-bayes' ? [column.calcer] : [])),
  );
  const keptCalcers = calcers.old.map((index) => present(ir.naiveBayes[index]));
  const { dictionaries, numbering, gramNumbering } = dropGrams(ir, kept, keptCalcers);

  return {
    ...ir,
    columns: kept.map((column) =>
      renumberColumn(column, tables, calcers, numbering, gramNumbering),
    ),
    ctrTables: tables.old.map((index) => renumberTable(present(ir.ctrTables[index]), columns)),
    dictionaries,
    naiveBayes: keptCalcers.map((calcer) => {
      return { ...calcer, dictionary: numbering.now(calcer.dictionary) };
    }),
    trees: ir.trees.map((tree) => renumberTree(tree, columns)),
  };
}

/** Which old indices remain, ascending, and their new ones. */
interface Numbering {
  readonly old: readonly number[];
  readonly now: (old: number) => number;
}

function keep(indices: Iterable<number>): Numbering {
  const old = [...new Set(indices)].sort((a, b) => a - b);
  const numbers = new Map(old.map((index, now) => [index, now]));
  return { old, now: (index) => present(numbers.get(index)) };
}

/** Columns that trees ask, and those that the conditions of their CTR tables ask. */
function usedColumns(ir: Ir): Set<number> {
  const used = new Set<number>();
  for (const tree of ir.trees) {
    if (tree.kind === 'oblivious') tree.splits.forEach(({ column }) => used.add(column));
    else tree.column.forEach((column) => column >= 0 && used.add(column));
  }
  for (const index of [...used]) {
    const column = present(ir.columns[index]);
    if (column.kind !== 'ctr') continue;
    for (const condition of present(ir.ctrTables[column.table]).conditions) {
      if (condition.kind === 'range') used.add(condition.column);
    }
  }
  return used;
}

interface KeptGrams {
  readonly dictionaries: readonly Dictionary[];
  readonly numbering: Numbering;
  /** By old index of the dictionary. */
  readonly gramNumbering: ReadonlyMap<number, Numbering>;
}

/** A naive Bayes calcer needs all grams of its dictionary, a token column its own. */
function dropGrams(ir: Ir, columns: readonly Column[], calcers: readonly NaiveBayes[]): KeptGrams {
  const grams = new Map<number, Set<number>>();
  const add = (dictionary: number, gram: number): void => {
    const set = grams.get(dictionary) ?? new Set();
    grams.set(dictionary, set.add(gram));
  };
  for (const column of columns) if (column.kind === 'token') add(column.dictionary, column.gram);
  for (const { dictionary } of calcers) {
    grams.set(dictionary, grams.get(dictionary) ?? new Set());
    present(ir.dictionaries[dictionary]).grams.forEach((_, gram) => add(dictionary, gram));
  }
  const numbering = keep(grams.keys());
  const gramNumbering = new Map([...grams].map(([index, set]) => [index, keep(set)]));
  const dictionaries = numbering.old.map((index) =>
    dropWords(present(ir.dictionaries[index]), present(gramNumbering.get(index)).old),
  );
  return { dictionaries, numbering, gramNumbering };
}

/** A word outside all kept grams is as good as an unknown one: both break grams alike. */
function dropWords(dictionary: Dictionary, kept: readonly number[]): Dictionary {
  const grams = kept.map((gram) => present(dictionary.grams[gram]));
  const words = keep(grams.flat());
  return {
    ...dictionary,
    wordHashes: BigUint64Array.from(words.old, (word) => present(dictionary.wordHashes[word])),
    grams: grams.map((gram) => gram.map((word) => words.now(word))),
  };
}

function renumberColumn(
  column: Column,
  tables: Numbering,
  calcers: Numbering,
  dictionaries: Numbering,
  grams: ReadonlyMap<number, Numbering>,
): Column {
  switch (column.kind) {
    case 'ctr':
      return { ...column, table: tables.now(column.table) };
    case 'naive-bayes':
      return { ...column, calcer: calcers.now(column.calcer) };
    case 'token':
      return {
        ...column,
        dictionary: dictionaries.now(column.dictionary),
        gram: present(grams.get(column.dictionary)).now(column.gram),
      };
    case 'float':
    case 'one-hot':
      return column;
  }
}

function renumberTable(table: CtrTable, columns: Numbering): CtrTable {
  const conditions = table.conditions.map((condition): Condition =>
    condition.kind === 'never'
      ? condition
      : { ...condition, column: columns.now(condition.column) },
  );
  return { ...table, conditions };
}

function renumberTree(tree: Tree, columns: Numbering): Tree {
  if (tree.kind === 'oblivious') {
    const splits = tree.splits.map(({ column, border }) => {
      return { column: columns.now(column), border };
    });
    return { ...tree, splits };
  }
  return { ...tree, column: tree.column.map((old) => (old < 0 ? old : columns.now(old))) };
}

function present<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new ModelError('damaged-model', 'The model refers to a part of itself that is not there');
}
