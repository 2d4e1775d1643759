import type { ModelRow, RowShape } from './row-shape.js';

export const PATH_NAMES = ['reference', 'onnx', 'http'] as const;
export type PathName = (typeof PATH_NAMES)[number];

/** A row in both forms: as it was written, and checked. */
export interface AskedRow {
  readonly input: unknown;
  readonly value: ModelRow;
}

/** One number per answer of the shape. */
export type PathAnswer = readonly number[] | { readonly error: string };

/** A way from a row to its answer. */
export interface AnswerPath {
  readonly name: PathName;
  /** What rows it takes. */
  readonly shape: RowShape;
  /** Answers in order. One call at a time. */
  answer(asked: readonly AskedRow[]): Promise<readonly PathAnswer[]>;
  close(): Promise<void>;
}

export interface PathOptions {
  readonly model: string;
  readonly url: string;
  readonly key: string;
  /** Requests in flight at a time. */
  readonly concurrency: number;
}
