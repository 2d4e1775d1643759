import type { WarningSet } from '../plates/reading-warnings.js';
import type { Reading } from '../plates/reading.js';

/** Scores readings with the loaded model. */
export interface Scorer {
  /** The model behind the answers. */
  readonly model: ModelIdentity;
  /**
   * One run of the graph. Only one call may be under way at a time.
   *
   * @returns the positive probability of each reading, in order; NaN where the model's numbers are no
   *   probabilities that add up to 1
   */
  score(readings: readonly Reading[]): Promise<Float64Array>;
}

/** What names a model in answers, logs and cache keys. */
export interface ModelIdentity {
  readonly name: string;
  readonly version: string;
  /** Lower-case hex SHA-256 of the ONNX file that answers, whatever it says of its source. */
  readonly digest: string;
  /** Rules that the file was compiled by, as its metadata say. */
  readonly compilerVersion: string;
}

/** Where an answer came from; `shared` is the computation of an identical reading in flight. */
export type AnswerSource = 'memory' | 'redis' | 'shared' | 'model';

/** A cache that other processes share. Failures are misses: no method throws or rejects. */
export interface SharedCache {
  /** Calls back exactly once, within the cache's own deadline; undefined is a miss. */
  lookUp(key: string, done: (positive: number | undefined) => void): void;
  store(key: string, positive: number): void;
}

/** Why a request was not decided though nothing was wrong with it. */
export type Overload = 'overload_queue' | 'deadline';

export type Stage = 'parse' | 'cache' | 'queue' | 'features' | 'inference';

/** What the decision path counts. Every method is cheap enough for the hot path. */
export interface DecisionMetrics {
  stage(stage: Stage, seconds: number): void;
  batch(rows: number): void;
  memoryLookUp(hit: boolean): void;
  coalesced(): void;
  decided(positive: number): void;
  internalError(kind: 'inference' | 'unexpected'): void;
}

/** Health of cameras, told by what they send. */
export interface CameraHealth {
  /** Once per reading that was scored; repeats that memory answers tell nothing new. */
  decided(reading: Reading, positive: number, warnings: WarningSet): void;
  /** A body that was refused but may still name its camera. */
  refused(body: unknown): void;
}

/** New connections that wait in the system until they are accepted. */
export interface ArrivalQueue {
  /** True while it has not been empty for a while: who comes out of it may have left. */
  readonly stands: boolean;
  /** Told of a client who had. */
  hadLeft(): void;
}

/** Seconds on a clock that never goes back. */
export type Clock = () => number;
