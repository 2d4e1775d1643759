import type { EncodedBatch, ModelSignature } from '../model/onnx/signature.js';

/** What is wrong with one field of a body. */
export interface FieldFault {
  /** The field's name on the wire, e.g. `time_check`; `body` for the whole. */
  readonly field: string;
  /** What was expected, in words that do not repeat the value. */
  readonly expected: string;
}

/**
 * Why a body is no input. All but `invalid_fields` are faults of the body as a whole, which come as one
 * fault of the field `body`.
 */
export type InvalidReason =
  'empty_body' | 'invalid_utf8' | 'invalid_json' | 'not_an_object' | 'invalid_fields';

export interface InvalidInput {
  readonly ok: false;
  readonly reason: InvalidReason;
  readonly faults: readonly FieldFault[];
}

/** What is odd about an input that is answered all the same: bit i stands for its kind's i-th warning. */
export type WarningSet = number;

export type ParsedBody<Input> =
  | { readonly ok: true; readonly input: Input; readonly warnings: WarningSet }
  /** With the value of a body that is JSON, which may still name its sender. */
  | (InvalidInput & { readonly value?: unknown });

/** Makes the tensors of one model. */
export interface InputEncoder<Input> {
  /** @returns one row per input, in order; good until the next call */
  encode(inputs: readonly Input[]): EncodedBatch;
}

/** All that serving knows of the inputs that models decide on. `app/plates/` has readings of plates. */
export interface InputKind<Input> {
  parse(body: Buffer): ParsedBody<Input>;
  /** A model's own golden input, whatever a service takes from its clients; undefined for none. */
  parseGolden(fields: Readonly<Record<string, unknown>>): Input | undefined;
  /** @throws ModelError `incompatible-model` where the model takes other features */
  encoderFor(signature: ModelSignature): InputEncoder<Input>;
  /** Key of an input's answer in a cache that others share; it shows nothing of either. */
  keyOf(model: ModelIdentity, input: Input): string;
}

/** Called with what comes in, for metrics of its senders. */
export interface InputSignals<Input> {
  /** Once per input that was scored; repeats that memory answers are not reported. */
  decided(input: Input, positive: number, warnings: WarningSet): void;
  /** A body that was refused but may still name its sender. */
  refused(body: unknown): void;
}

/** Scores inputs with the loaded model. */
export interface Scorer<Input> {
  /** The model behind the answers. */
  readonly model: ModelIdentity;
  /**
   * One run of the graph. Only one call may be under way at a time.
   *
   * @returns the positive probability of each input, in order; NaN where the model's numbers are no
   *   probabilities that add up to 1
   */
  score(inputs: readonly Input[]): Promise<Float64Array>;
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

/** Where an answer came from; `shared` is the computation of an identical input in flight. */
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

/** New connections that wait in the system until they are accepted. */
export interface ArrivalQueue {
  /** True while it has not been empty for a while: who comes out of it may have left. */
  readonly isBacklogged: boolean;
  /** Called for a client who had. */
  onAbandoned(): void;
}

/** Seconds on a clock that never goes back. */
export type Clock = () => number;
