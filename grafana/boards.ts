import type { Board } from './board.js';
import { camerasBoard } from './boards/cameras.js';
import { decisionPathBoard } from './boards/decision-path.js';
import { loadProofBoard } from './boards/load-proof.js';
import { machineBoard } from './boards/machine.js';
import { overviewBoard } from './boards/overview.js';

/** Every board, in the order of their menu. */
export const BOARDS: readonly Board[] = [
  overviewBoard,
  decisionPathBoard,
  camerasBoard,
  loadProofBoard,
  machineBoard,
];
