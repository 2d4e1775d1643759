import type { Column, CtrTable, Feature, Ir, Split } from '../ir/ir.js';
import { listBinaryFeatures } from './binary-features.js';
import type { BinaryFeatureBlock, BinaryFeatures } from './binary-features.js';
import type { CbmCtrTable, CbmFloatFeature, CbmModel, CbmTrees } from './cbm-model.js';
import { lowerCtrTable, lowerCtrValues, SlotConditions } from './lower-ctr.js';
import type { PlacedBlock } from './lower-ctr.js';
import { TextLowering } from './lower-text.js';
import { lowerTrees } from './lower-trees.js';
import { readOutcome } from './loss-link.js';
import { LoweringBudget } from './lowering-budget.js';
import { present } from './present.js';
import { ctrBaseKey } from './read-ctr-tables.js';
import { spreadOutputs } from './spread-outputs.js';

/** The split of a one-hot column, which is 0 or 1. */
const PRESENT = 0.5;

/**
 * Turns what a CatBoost file says into the intermediate representation: a column per feature that
 * the trees may ask (per value of a one-hot feature), and trees that compare columns with borders.
 *
 * @param model from `readCbm`; its arrays are shared with the result.
 * @param sourceSha256 lower-case hex digest of the file, kept in the result.
 * @throws ModelError `limit-exceeded` where the model grows too large, `damaged-model` where its
 *   tokens cannot be made out or its metadata contradict its trees.
 */
export function lowerCbm(model: CbmModel, sourceSha256: string): Ir {
  const { trees } = model;
  const outcome = readOutcome(model.info, trees.dimension);
  const binary = listBinaryFeatures(trees);
  const lowering = new ColumnLowering(model);
  for (const block of binary.blocks) lowering.add(block);
  return {
    features: lowerFeatures(trees),
    columns: lowering.columns,
    ctrTables: lowering.ctrTables,
    dictionaries: lowering.text.dictionaries,
    naiveBayes: lowering.text.naiveBayes,
    ...spreadOutputs(
      { trees: lowerTrees(trees, lowerSplits(binary, lowering.blocks)), bias: trees.bias },
      outcome,
    ),
    dimension: outcome.width,
    scale: trees.scale,
    link: outcome.link,
    classNames: outcome.classNames,
    ...(outcome.labelType === undefined ? {} : { labelType: outcome.labelType }),
    threshold: outcome.threshold,
    source: {
      format: 'catboost-cbm',
      sha256: sourceSha256,
      loss: outcome.loss,
      warnings: outcome.warnings,
    },
  };
}

function lowerFeatures(trees: CbmTrees): Feature[] {
  const features: (Feature & { flatIndex: number })[] = [];
  const kinds = [
    { kind: 'float', list: trees.floatFeatures },
    { kind: 'categorical', list: trees.categoricalFeatures },
    { kind: 'text', list: trees.textFeatures },
  ] as const;
  for (const { kind, list } of kinds) {
    for (const { name, index, flatIndex } of list) {
      // CatBoost itself calls a feature without a name by its number.
      features.push({ kind, name: name === '' ? String(flatIndex) : name, index, flatIndex });
    }
  }
  return features
    .sort((a, b) => a.flatIndex - b.flatIndex)
    .map(({ flatIndex, ...feature }, place) =>
      flatIndex === place ? feature : { ...feature, position: flatIndex },
    );
}

/** Adds columns block by block; CTRs come last, so what they depend on is there. */
class ColumnLowering {
  readonly columns: Column[] = [];
  readonly ctrTables: CtrTable[] = [];
  readonly blocks: PlacedBlock[] = [];
  readonly text: TextLowering;
  readonly #model: CbmModel;
  readonly #budget = new LoweringBudget();
  readonly #sources: ReadonlyMap<string, CbmCtrTable>;
  readonly #tableOf = new Map<string, number>();
  #conditions: SlotConditions | undefined;

  constructor(model: CbmModel) {
    this.#model = model;
    this.text = new TextLowering(model, this.#budget);
    this.#sources = new Map(model.ctrTables.map((table) => [ctrBaseKey(table.base), table]));
  }

  add(block: BinaryFeatureBlock): void {
    const firstColumn = this.columns.length;
    this.blocks.push({ ...block, firstColumn, borders: this.#addColumns(block) });
  }

  /** Returns the borders that the block's column is compared with. */
  #addColumns({ kind, position }: BinaryFeatureBlock): Float32Array {
    const { trees } = this.#model;
    switch (kind) {
      case 'float': {
        const feature = present(trees.floatFeatures[position]);
        this.columns.push({ kind, feature: feature.index, missing: missingValue(feature) });
        return feature.borders;
      }
      case 'estimated': {
        const feature = present(trees.estimatedFeatures[position]);
        const column = this.text.column(feature);
        this.columns.push(column);
        return column.kind === 'token' ? countBorders(feature.borders) : feature.borders;
      }
      case 'one-hot': {
        const { categorical, values } = present(trees.oneHotFeatures[position]);
        for (const hash of values) this.columns.push({ kind, feature: categorical, hash });
        return new Float32Array(0);
      }
      case 'ctr':
        return this.#addCtr(position);
    }
  }

  #addCtr(position: number): Float32Array {
    const feature = present(this.#model.trees.ctrFeatures[position]);
    const key = ctrBaseKey(feature.base);
    const source = present(this.#sources.get(key));
    let table = this.#tableOf.get(key);
    if (table === undefined) {
      table = this.ctrTables.length;
      this.#conditions ??= new SlotConditions(this.#model.trees, [...this.blocks]);
      this.ctrTables.push(lowerCtrTable(source, this.#conditions));
      this.#tableOf.set(key, table);
    }
    // Each value adds up the classes of its row, so these count as work too.
    const { statistics, rows } = source;
    const classes = statistics.kind === 'class-counts' ? statistics.classes : 1;
    this.#budget.takeNumbers(rows.length * classes, 'values of CTRs');
    this.columns.push({ kind: 'ctr', table, ...lowerCtrValues(feature, source) });
    return feature.borders;
  }
}

function missingValue({ hasNans, nanTreatment }: CbmFloatFeature): 'below' | 'above' {
  return hasNans && nanTreatment === 'as-true' ? 'above' : 'below';
}

/**
 * CatBoost compares 0 or 1 (is the token there?), the IR a count. They answer alike for borders
 * below 1; from 1 on, CatBoost's answer is always no.
 */
function countBorders(borders: Float32Array): Float32Array {
  return borders.map((border) => (border < 1 ? border : Infinity));
}

function lowerSplits(binary: BinaryFeatures, blocks: readonly PlacedBlock[]): Split[] {
  return Array.from(binary.blockOfSplit, (place, split) => {
    const block = present(blocks[place]);
    const border = split - block.firstSplit;
    return block.kind === 'one-hot'
      ? { column: block.firstColumn + border, border: PRESENT }
      : { column: block.firstColumn, border: present(block.borders[border]) };
  });
}
