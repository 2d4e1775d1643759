import type { Ir } from '../ir.js';
import { growTrees } from './grow-trees.js';

/** A rewriting that keeps every answer of the model. */
export interface Pass {
  readonly name: string;
  readonly run: (ir: Ir) => Ir;
}

/** In the order in which they run. */
export const PASSES: readonly Pass[] = [{ name: 'grow trees', run: growTrees }];

/** Runs all passes; `onPass` hears each one's name before it starts. */
export function runPasses(ir: Ir, onPass?: (name: string) => void): Ir {
  return PASSES.reduce((current, pass) => {
    onPass?.(pass.name);
    return pass.run(current);
  }, ir);
}
