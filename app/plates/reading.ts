import type { WarningSet } from './reading-warnings.js';

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

/** What is wrong with one field of a body. */
export interface FieldFault {
  /** The field's name on the wire, e.g. `time_check`; `body` for the whole. */
  readonly field: string;
  /** What was expected, in words that do not repeat the value. */
  readonly expected: string;
}

/**
 * Why a body is no reading. All but `invalid_fields` are faults of the body as a whole, which come
 * as one fault of the field `body`.
 */
export type InvalidReason =
  'empty_body' | 'invalid_utf8' | 'invalid_json' | 'not_an_object' | 'invalid_fields';

export interface InvalidReading {
  readonly ok: false;
  readonly reason: InvalidReason;
  readonly faults: readonly FieldFault[];
}

export type ParsedReading =
  { readonly ok: true; readonly reading: Reading; readonly warnings: WarningSet } | InvalidReading;
