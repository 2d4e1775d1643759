import type { Buffer } from 'node:buffer';
import { LRUCache } from 'lru-cache';
import type { BatchFailure, Batcher } from './batcher.js';
import { bodyKey } from './body-key.js';
import { FlightTable } from './flight-table.js';
import type {
  AnswerSource,
  Clock,
  DecisionMetrics,
  InputKind,
  InputSignals,
  InvalidInput,
  ModelIdentity,
  Overload,
  SharedCache,
  WarningSet,
} from './ports.js';
import type { RequestTrace } from './trace-context.js';

export type Outcome =
  | {
      readonly kind: 'decided';
      /** Probability that the network's reading is the one to pick. */
      readonly positive: number;
      readonly source: AnswerSource;
      /** What is odd about the input. */
      readonly warnings: WarningSet;
    }
  | { readonly kind: 'invalid'; readonly invalid: InvalidInput }
  | { readonly kind: 'overload'; readonly reason: Overload }
  | { readonly kind: 'error'; readonly cause: unknown };

export type Decided = (outcome: Outcome) => void;

/** The use case behind `POST /reg/`. */
export interface DecideReading {
  /** @param trace of the request, for parts that note its stages */
  decide(body: Buffer, deadlineAt: number, done: Decided, trace: RequestTrace | undefined): void;
}

/** Where inputs wait to be scored. */
export type ScoreQueue<Input> = Pick<Batcher<Input>, 'submit'>;

export interface DecideParts<Input> {
  readonly model: ModelIdentity;
  /** One that reads all bodies alike: the memory cache does not know of its rules. */
  readonly kind: InputKind<Input>;
  readonly batcher: ScoreQueue<Input>;
  /** Answers held in memory; 0 for none. */
  readonly memoryEntries: number;
  readonly sharedCache: SharedCache | undefined;
  readonly metrics: DecisionMetrics;
  readonly signals: InputSignals<Input>;
  readonly now: Clock;
}

/** An input under way, and who waits for it. */
interface InputFlight<Input> {
  readonly key: string;
  next: InputFlight<Input> | undefined;
  readonly input: Input;
  readonly warnings: WarningSet;
  /** That of the most patient request. */
  deadlineAt: number;
  readonly waiting: Decided[];
}

/**
 * What memory holds of a body, as a hit answers the same as the answer that it repeats: of most readings
 * the probability is all, and takes least room.
 */
type Remembered = number | { readonly positive: number; readonly warnings: WarningSet };

/**
 * Decides inputs: memory, then the shared cache, then the model.
 *
 * The memory cache and the flights are keyed by a hash of the body's bytes, so that an answer is found
 * before anything is parsed. The shared cache is keyed by a hash of the parsed input, so that
 * differently written bodies of one input meet there.
 */
export class Decider<Input> {
  readonly #memory: LRUCache<string, Remembered> | undefined;
  readonly #flights = new FlightTable<InputFlight<Input>>();

  constructor(private readonly parts: DecideParts<Input>) {
    if (parts.memoryEntries > 0) this.#memory = new LRUCache({ max: parts.memoryEntries });
  }

  get memoryEntries(): number {
    return this.#memory?.size ?? 0;
  }

  /**
   * @param body the request's bytes
   * @param deadlineAt on the parts' clock, in seconds
   * @param done called exactly once; at once where memory answers or the body is faulty
   */
  decide(body: Buffer, deadlineAt: number, done: Decided): void {
    const key = bodyKey(body);
    const remembered = this.#memory?.get(key);
    if (this.#memory !== undefined) this.parts.metrics.memoryLookUp(remembered !== undefined);
    if (remembered !== undefined) {
      if (typeof remembered === 'number') this.#answer(remembered, 0, 'memory', done);
      else this.#answer(remembered.positive, remembered.warnings, 'memory', done);
      return;
    }
    const flight = this.#flights.get(key);
    if (flight !== undefined) {
      this.parts.metrics.coalesced();
      flight.waiting.push(done);
      flight.deadlineAt = Math.max(flight.deadlineAt, deadlineAt);
      return;
    }
    this.#parse(key, body, deadlineAt, done);
  }

  #parse(key: string, body: Buffer, deadlineAt: number, done: Decided): void {
    const startedAt = this.parts.now();
    const parsed = this.parts.kind.parse(body);
    this.parts.metrics.stage('parse', this.parts.now() - startedAt);
    if (!parsed.ok) {
      this.parts.signals.refused(parsed.value);
      done({ kind: 'invalid', invalid: parsed });
      return;
    }
    const flight: InputFlight<Input> = {
      key,
      next: undefined,
      input: parsed.input,
      warnings: parsed.warnings,
      deadlineAt,
      waiting: [done],
    };
    this.#flights.add(flight);
    if (this.parts.sharedCache === undefined) this.#score(flight);
    else this.#lookUp(flight, this.parts.sharedCache);
  }

  #lookUp(flight: InputFlight<Input>, cache: SharedCache): void {
    const sharedKey = this.parts.kind.keyOf(this.parts.model, flight.input);
    cache.lookUp(sharedKey, (positive) => {
      if (positive !== undefined) this.#complete(flight, positive, 'redis');
      else this.#score(flight, (fresh) => cache.store(sharedKey, fresh));
    });
  }

  #score(flight: InputFlight<Input>, keep?: (positive: number) => void): void {
    this.parts.batcher.submit(flight, (positive, failure) => {
      if (positive === undefined) {
        this.#fail(flight, failure);
        return;
      }
      keep?.(positive);
      this.#complete(flight, positive, 'model');
    });
  }

  #complete(flight: InputFlight<Input>, positive: number, source: AnswerSource): void {
    const { input, warnings } = flight;
    this.#flights.delete(flight);
    this.#memory?.set(flight.key, warnings === 0 ? positive : { positive, warnings });
    this.parts.signals.decided(input, positive, warnings);
    let from = source;
    for (const done of flight.waiting) {
      this.#answer(positive, warnings, from, done);
      from = 'shared';
    }
  }

  #fail(flight: InputFlight<Input>, failure: BatchFailure | undefined): void {
    this.#flights.delete(flight);
    const outcome = failure ?? { kind: 'error' as const, cause: new Error('no score came back') };
    for (const done of flight.waiting) done(outcome);
  }

  #answer(positive: number, warnings: WarningSet, source: AnswerSource, done: Decided): void {
    this.parts.metrics.decided(positive);
    done({ kind: 'decided', positive, source, warnings });
  }
}
