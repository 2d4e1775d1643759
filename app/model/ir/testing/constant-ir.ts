import type { Ir } from '../ir.js';

/** A model without columns or trees, which answers every row alike, and what is to be different in it. */
export function constantIr(overrides: Partial<Ir> = {}): Ir {
  return {
    features: [{ kind: 'text', name: 'only a text', index: 0 }],
    columns: [],
    ctrTables: [],
    dictionaries: [],
    naiveBayes: [],
    trees: [],
    dimension: 1,
    scale: 1,
    bias: [0],
    link: 'sigmoid',
    classNames: ['no', 'yes'],
    source: { format: 'catboost-cbm', sha256: '00'.repeat(32), loss: 'Logloss' },
    ...overrides,
  };
}
