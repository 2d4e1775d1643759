import type { Reading } from '../model/features/reading.js';
import type { Probabilities } from './model-runner.js';

export const PATH_NAMES = ['reference', 'onnx', 'http'] as const;
export type PathName = (typeof PATH_NAMES)[number];

/** A reading in both forms: as it was written, and checked. */
export interface AskedReading {
  readonly input: unknown;
  readonly reading: Reading;
}

export type PathAnswer = Probabilities | { readonly error: string };

/** A way from a reading to its probabilities. */
export interface AnswerPath {
  readonly name: PathName;
  /** Answers in order. One call at a time. */
  answer(asked: readonly AskedReading[]): Promise<readonly PathAnswer[]>;
  close(): Promise<void>;
}

export interface PathOptions {
  readonly model: string;
  readonly url: string;
  readonly key: string;
  /** Requests in flight at a time. */
  readonly concurrency: number;
}
