import { isUtf8, type Buffer } from 'node:buffer';
import { LRUCache } from 'lru-cache';
import { parseReading } from '../model/features/parse-reading.js';
import type { FieldFault, Reading } from '../model/features/reading.js';
import { FlightTable } from './flight-table.js';
import { readingKey } from './reading-key.js';
import type { BatchFailure, Batcher } from './batcher.js';
import type {
  AnswerSource,
  CameraHealth,
  CameraObservation,
  Clock,
  DecisionMetrics,
  ModelIdentity,
  Overload,
  SharedCache,
} from './ports.js';

/** The decision on one reading. */
export interface Decision {
  /** Probability that the network's reading is the one to pick. */
  readonly positive: number;
  /** `{"negative":...,"positive":...}`, ready to send. */
  readonly json: string;
}

export type Outcome =
  | { readonly kind: 'decided'; readonly decision: Decision; readonly source: AnswerSource }
  | { readonly kind: 'invalid'; readonly faults: readonly FieldFault[] }
  | { readonly kind: 'overload'; readonly reason: Overload }
  | { readonly kind: 'error'; readonly cause: unknown };

export type Decided = (outcome: Outcome) => void;

export interface DecideParts {
  readonly model: ModelIdentity;
  readonly batcher: Batcher;
  /** Answers held in memory; 0 for none. */
  readonly memoryEntries: number;
  readonly sharedCache: SharedCache | undefined;
  readonly metrics: DecisionMetrics;
  readonly cameras: CameraHealth;
  readonly now: Clock;
}

interface Remembered {
  readonly decision: Decision;
  readonly camera: CameraObservation;
}

/** A reading under way, and who waits for it. */
interface ReadingFlight {
  /** The body's bytes, one character each. */
  readonly key: string;
  next: ReadingFlight | undefined;
  readonly reading: Reading;
  /** That of the most patient request. */
  deadlineAt: number;
  readonly waiting: Decided[];
}

/**
 * Longer bodies, several times the size of a common one, are not remembered: ten thousand of the
 * longest that are accepted would take 320 MB.
 */
const REMEMBERED_BYTES_MAX = 4096;

/**
 * Decides readings: memory, then the shared cache, then the model.
 *
 * The memory cache and the flights are keyed by the body's bytes themselves, so that an answer is
 * found before anything is parsed and two readings can never be taken for one another. The shared
 * cache is keyed by a hash of the parsed reading, so that differently written bodies of one reading
 * meet there.
 */
export class Decider {
  readonly #memory: LRUCache<string, Remembered> | undefined;
  readonly #flights = new FlightTable<ReadingFlight>();

  constructor(private readonly parts: DecideParts) {
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
    const key = body.toString('latin1');
    const remembered = this.#memory?.get(key);
    if (this.#memory !== undefined) this.parts.metrics.memoryLookUp(remembered !== undefined);
    if (remembered !== undefined) {
      this.#answer(remembered, 'memory', done);
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
    const value = parseJson(body);
    const parsed = parseReading(value);
    this.parts.metrics.stage('parse', this.parts.now() - startedAt);
    if (!parsed.ok) {
      this.parts.cameras.refused(value);
      done({ kind: 'invalid', faults: parsed.faults });
      return;
    }
    const flight: ReadingFlight = {
      key,
      next: undefined,
      reading: parsed.reading,
      deadlineAt,
      waiting: [done],
    };
    this.#flights.add(flight);
    if (this.parts.sharedCache === undefined) this.#score(flight);
    else this.#lookUp(flight, this.parts.sharedCache);
  }

  #lookUp(flight: ReadingFlight, cache: SharedCache): void {
    const sharedKey = readingKey(this.parts.model.digest, flight.reading);
    cache.lookUp(sharedKey, (positive) => {
      if (positive !== undefined) this.#land(flight, positive, 'redis');
      else this.#score(flight, (fresh) => cache.store(sharedKey, fresh));
    });
  }

  #score(flight: ReadingFlight, keep?: (positive: number) => void): void {
    this.parts.batcher.submit(flight, (positive, failure) => {
      if (positive === undefined) {
        this.#fail(flight, failure);
        return;
      }
      keep?.(positive);
      this.#land(flight, positive, 'model');
    });
  }

  #land(flight: ReadingFlight, positive: number, source: AnswerSource): void {
    this.#flights.delete(flight);
    const remembered = {
      decision: decisionOf(positive),
      camera: this.parts.cameras.observe(flight.reading),
    };
    if (flight.key.length <= REMEMBERED_BYTES_MAX) this.#memory?.set(flight.key, remembered);
    let from = source;
    for (const done of flight.waiting) {
      this.#answer(remembered, from, done);
      from = 'shared';
    }
  }

  #fail(flight: ReadingFlight, failure: BatchFailure | undefined): void {
    this.#flights.delete(flight);
    const outcome = failure ?? { kind: 'error' as const, cause: new Error('no score came back') };
    for (const done of flight.waiting) done(outcome);
  }

  #answer(remembered: Remembered, source: AnswerSource, done: Decided): void {
    const { positive } = remembered.decision;
    this.parts.metrics.decided(positive);
    remembered.camera.count(positive);
    done({ kind: 'decided', decision: remembered.decision, source });
  }
}

/** Two classes add up to 1: negative is worked out as CatBoost does, `1 - positive`. */
export function decisionOf(positive: number): Decision {
  return { positive, json: `{"negative":${1 - positive},"positive":${positive}}` };
}

/** The body's value; undefined, which no reading is, for bytes that are not JSON in UTF-8. */
function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
