import type { InvalidInput, WarningSet } from '../serving/ports.js';

/**
 * One disagreement between a road camera and the network that reads the same plate: the ten fields
 * of `POST /reg/`, checked and typed.
 */
export interface Reading {
  /** The camera's reading of the plate. */
  readonly regnoRecognize: string;
  /** The network's reading of the plate. */
  readonly aftsRegnoAi: string;
  /** The camera's own score; its scale differs by camera class (0..100 or so). */
  readonly recognitionAccuracy: number;
  /** The network's score for the whole plate, 0..1. */
  readonly aftsRegnoAiScore: number;
  /** The network's score per symbol; never empty (`[]` counts as `[0]`). */
  readonly charScores: readonly number[];
  /** The network's score per plate length; never empty (`[]` counts as `[0]`). */
  readonly lengthScores: readonly number[];
  readonly cameraType: string;
  readonly cameraClass: string;
  readonly time: ReadingTime;
  readonly direction: number;
}

/** Local time as written in `time_check`, no zone. */
export interface ReadingTime {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
  /** 0..23 */
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export type ParsedReading =
  { readonly ok: true; readonly reading: Reading; readonly warnings: WarningSet } | InvalidInput;
