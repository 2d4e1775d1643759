import { cityHash64 } from '../../hash/city-hash-64.js';
import { murmurHash64A } from '../../hash/murmur-hash-64a.js';
import { LINKS } from '../ir.js';
import type {
  BinaryTree,
  Column,
  Condition,
  CtrTable,
  Dictionary,
  Feature,
  FeatureRow,
  Ir,
  Link,
  NaiveBayes,
  ObliviousTree,
  Split,
  Tree,
} from '../ir.js';

/** Numbers in [0, 1) from a seed (mulberry32), so that a failing model can be made again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }
}

const CATEGORIES = ['', 'red', 'green', 'Москва', ' padded', '1', 'x'.repeat(70)];
const WORDS = ['А', 'B', '7', '_', 'word', '🚗'];
const BORDERS = [-2.5, -1, 0, 0.5, 1, 3].map(Math.fround);
const MULTIPLIER = 0x4906ba494954cb65n;
const utf8 = new TextEncoder();

/** A small model with any mixture of columns, conditions and links; every part may be absent. */
export function randomIr(seed: number): Ir {
  const random = new Random(seed);
  const counts = { float: random.below(4), categorical: random.below(4), text: random.below(3) };
  if (counts.float + counts.categorical + counts.text === 0) counts.float = 1;
  const features = randomFeatures(random, counts);
  const dictionaries = counts.text > 0 ? randomDictionaries(random, counts.text) : [];
  const classes = random.chance(0.5) ? 2 : 3;
  const naiveBayes = dictionaries.flatMap((dictionary, index) =>
    random.chance(0.5) ? [randomBayes(random, dictionary, index, classes)] : [],
  );
  const columns: Column[] = [
    ...plainColumns(random, counts),
    ...textColumns(random, dictionaries, naiveBayes, classes),
  ];
  const ctrTables = counts.categorical > 0 ? randomTables(random, counts.categorical, columns) : [];
  ctrTables.forEach((table, index) => columns.push(ctrColumn(random, table, index)));

  const link = random.pick<Link>(LINKS);
  const dimension = outputsOf(link, random);
  // A class that training never saw.
  const unseen = link === 'softmax' && random.chance(0.3) ? random.below(dimension) : -1;
  const plain = random.chance(0.5);
  return {
    features,
    columns,
    ctrTables,
    dictionaries,
    naiveBayes,
    trees: randomTrees(random, columns, dimension),
    dimension,
    scale: plain ? 1 : 1.5,
    bias: Array.from({ length: dimension }, (_, output) => {
      if (output === unseen) return -Infinity;
      return plain ? 0 : random.next();
    }),
    link,
    classNames: classNames(link, dimension),
    source: { format: 'catboost-cbm', sha256: 'ab'.repeat(32), loss: '' },
  };
}

/** A row of the model with odd values among plain ones. */
export function randomRow(random: Random, ir: Ir): FeatureRow {
  return ir.features.map(({ kind }) => {
    switch (kind) {
      case 'float':
        return random.chance(0.3)
          ? random.pick([NaN, Infinity, -Infinity, -0, 1e39, ...BORDERS])
          : random.next() * 8 - 4;
      case 'categorical':
        return random.chance(0.2) ? 'never seen' : random.pick(CATEGORIES);
      case 'text':
        return Array.from({ length: random.below(8) }, () =>
          random.chance(0.2) ? 'unknown' : random.pick(WORDS),
        ).join(random.chance(0.2) ? '  ' : ' ');
    }
  });
}

function outputsOf(link: Link, random: Random): number {
  switch (link) {
    case 'sigmoid':
    case 'exponent':
      return 1;
    case 'mean-and-variance':
      return 2;
    case 'identity':
      return 1 + random.below(2);
    case 'softmax':
    case 'one-vs-all':
      return 3;
  }
}

function classNames(link: Link, dimension: number): string[] {
  if (link !== 'sigmoid' && link !== 'softmax' && link !== 'one-vs-all') return [];
  return Array.from({ length: link === 'sigmoid' ? 2 : dimension }, (_, index) => String(index));
}

function randomFeatures(
  random: Random,
  counts: Readonly<Record<Feature['kind'], number>>,
): Feature[] {
  const kinds: Feature['kind'][] = [];
  for (const kind of ['float', 'categorical', 'text'] as const) {
    for (let i = 0; i < counts[kind]; i++) kinds.splice(random.below(kinds.length + 1), 0, kind);
  }
  const next = { float: 0, categorical: 0, text: 0 };
  return kinds.map((kind, flat) => ({ kind, name: `${kind} at ${flat}`, index: next[kind]++ }));
}

function plainColumns(random: Random, counts: { float: number; categorical: number }): Column[] {
  const columns: Column[] = [];
  for (let feature = 0; feature < counts.float; feature++) {
    columns.push({ kind: 'float', feature, missing: random.pick(['below', 'above']) });
  }
  for (let feature = 0; feature < counts.categorical; feature++) {
    if (random.chance(0.5)) {
      columns.push({ kind: 'one-hot', feature, hash: categoryHash(random.pick(CATEGORIES)) });
    }
  }
  return columns;
}

function randomDictionaries(random: Random, texts: number): Dictionary[] {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const gramOrder = 1 + random.below(3);
    const words = WORDS.filter(() => random.chance(0.8));
    const wordHashes = BigUint64Array.from(words, (word) => murmurHash64A(utf8.encode(word), 0n));
    const grams = new Map<string, number[]>();
    for (let i = 0; i < 8 && words.length > 0; i++) {
      const gram = Array.from({ length: gramOrder }, () => random.below(words.length));
      grams.set(gram.join(), gram);
    }
    return {
      feature: random.below(texts),
      seed: 0n,
      wordHashes,
      gramOrder,
      skip: random.below(3),
      grams: [...grams.values()],
    };
  });
}

function randomBayes(
  random: Random,
  dictionary: Dictionary,
  index: number,
  classes: number,
): NaiveBayes {
  const tokenPrior = 0.5 + random.next();
  const seesAll = random.chance(0.5);
  return {
    dictionary: index,
    tokenPrior,
    logPrior: Float64Array.from({ length: classes }, () => Math.log(1 + random.below(90))),
    denominator: Float64Array.from({ length: classes }, () => 20 + random.below(90)),
    classes: Array.from({ length: classes }, () => {
      const counts = dictionary.grams.map(() => (seesAll ? 1 : 0) + random.below(4));
      return {
        logWeight: Float64Array.from(counts, (count) => Math.log(tokenPrior + count)),
        seen: Uint8Array.from(counts, (count) => (count > 0 ? 1 : 0)),
      };
    }),
  };
}

function textColumns(
  random: Random,
  dictionaries: readonly Dictionary[],
  naiveBayes: readonly NaiveBayes[],
  classes: number,
): Column[] {
  const columns: Column[] = [];
  dictionaries.forEach(({ grams }, dictionary) => {
    grams.forEach((_, gram) => {
      if (random.chance(0.5)) columns.push({ kind: 'token', dictionary, gram });
    });
  });
  naiveBayes.forEach((_, calcer) => {
    const output = classes === 2 ? 0 : random.below(classes);
    columns.push({ kind: 'naive-bayes', calcer, output });
  });
  return columns;
}

function randomTables(random: Random, categories: number, columns: readonly Column[]): CtrTable[] {
  return Array.from({ length: random.below(5) }, () => {
    const members = Array.from({ length: categories }, (_, index) => index).filter(() =>
      random.chance(0.6),
    );
    const combined = members.length > 0 ? members : [random.below(categories)];
    const conditions = Array.from({ length: columns.length > 0 ? random.below(3) : 0 }, () =>
      randomCondition(random, columns),
    );
    const hashes = new Set<bigint>();
    for (let row = 0; row < 12; row++) {
      const terms = [
        ...combined.map(() => BigInt(categoryHash(random.pick(CATEGORIES)))),
        ...conditions.map(() => BigInt(random.below(2))),
      ];
      hashes.add(projectionHash(terms));
    }
    return { categories: combined, conditions, hashes: BigUint64Array.from(hashes) };
  });
}

function randomCondition(random: Random, columns: readonly Column[]): Condition {
  if (random.chance(0.1)) return { kind: 'never' };
  const column = random.below(columns.length);
  const low = random.below(BORDERS.length);
  return {
    kind: 'range',
    column,
    above: random.chance(0.3) ? -Infinity : (BORDERS[low] ?? 0),
    atMost: random.chance(0.5) ? Infinity : (BORDERS[low + random.below(3)] ?? 5),
  };
}

function ctrColumn(random: Random, table: CtrTable, index: number): Column {
  return {
    kind: 'ctr',
    table: index,
    values: Float32Array.from(table.hashes, () => random.next() * 6 - 3),
    unseen: Math.fround(random.next() * 6 - 3),
  };
}

function randomTrees(random: Random, columns: readonly Column[], dimension: number): Tree[] {
  return Array.from({ length: random.below(6) }, () =>
    random.chance(0.6)
      ? randomObliviousTree(random, columns, dimension)
      : randomBinaryTree(random, columns, dimension),
  );
}

function randomObliviousTree(
  random: Random,
  columns: readonly Column[],
  dimension: number,
): ObliviousTree {
  const depth = columns.length === 0 ? 0 : random.below(6);
  const splits = Array.from({ length: depth }, () => randomSplit(random, columns));
  const leaves = Float64Array.from({ length: dimension * 2 ** depth }, () => randomLeaf(random));
  return { kind: 'oblivious', splits, leaves };
}

function randomBinaryTree(
  random: Random,
  columns: readonly Column[],
  dimension: number,
): BinaryTree {
  const nodes: { column: number; border: number; whenTrue: number; whenFalse: number }[] = [];
  const leaves: number[] = [];
  const grow = (depth: number): number => {
    const at = nodes.length;
    if (columns.length === 0 || depth > 8 || random.chance(depth === 0 ? 0.1 : 0.4)) {
      nodes.push({ column: -1, border: 0, whenTrue: leaves.length, whenFalse: 0 });
      for (let c = 0; c < dimension; c++) leaves.push(randomLeaf(random));
      return at;
    }
    const node = { ...randomSplit(random, columns), whenTrue: 0, whenFalse: 0 };
    nodes.push(node);
    node.whenFalse = grow(depth + 1);
    node.whenTrue = grow(depth + 1);
    return at;
  };
  grow(0);
  return {
    kind: 'binary',
    column: Int32Array.from(nodes, ({ column }) => column),
    border: Float64Array.from(nodes, ({ border }) => border),
    whenTrue: Int32Array.from(nodes, ({ whenTrue }) => whenTrue),
    whenFalse: Int32Array.from(nodes, ({ whenFalse }) => whenFalse),
    leaves: Float64Array.from(leaves),
  };
}

function randomSplit(random: Random, columns: readonly Column[]): Split {
  const column = random.below(columns.length);
  const bayes = columns[column]?.kind === 'naive-bayes';
  return { column, border: bayes ? Math.fround(random.next()) : random.pick(BORDERS) };
}

function randomLeaf(random: Random): number {
  return random.chance(0.6) ? 0 : random.next() - 0.5;
}

function categoryHash(category: string): number {
  return Number(BigInt.asIntN(32, cityHash64(utf8.encode(category))));
}

function projectionHash(terms: readonly bigint[]): bigint {
  return terms.reduce(
    (hash, term) => BigInt.asUintN(64, MULTIPLIER * (hash + MULTIPLIER * term)),
    0n,
  );
}
