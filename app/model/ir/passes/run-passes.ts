import type { Ir } from '../ir.js';
import { dropUnused } from './drop-unused.js';
import { dropZeroTrees } from './drop-zero-trees.js';
import { growTrees } from './grow-trees.js';

/** A rewriting that keeps every answer of the model, to the bit. */
export interface Pass {
  readonly name: string;
  readonly run: (ir: Ir) => Ir;
}

/** In the order in which they run: growing leaves splits out, so what is unused is known after it. */
export const PASSES: readonly Pass[] = [
  { name: 'drop zero trees', run: dropZeroTrees },
  { name: 'grow trees', run: growTrees },
  { name: 'drop unused', run: dropUnused },
];

/** Runs all passes; `onPass` hears each one's name before it starts. */
export function runPasses(ir: Ir, onPass?: (name: string) => void): Ir {
  return PASSES.reduce((current, pass) => {
    onPass?.(pass.name);
    return pass.run(current);
  }, ir);
}
