import type { Random } from '../random.js';
import {
  SERIALS,
  bodyTemplate,
  canVary,
  writeVaried,
  type BodyTemplate,
  type RoadClock,
} from './body-template.js';
import { makeReading } from './reading-maker.js';

export interface BodySourceOptions {
  readonly random: Random;
  /** What new bodies are made of: made-up readings, or the rows of a file. Not empty. */
  readonly templates: readonly BodyTemplate[];
  /** Whether each new body gets digits of its own; otherwise templates are sent as they are, in turn. */
  readonly vary: boolean;
  /** Share of bodies that were sent before, 0..1. */
  readonly repeatShare: number;
  /** The thread and the number of threads: no two threads make the same body. */
  readonly thread: number;
  readonly threads: number;
  /** The road's time of day for new bodies; absent: the template's own. */
  readonly clock?: () => RoadClock;
}

/** An endless run of request bodies, the same for the same seed. */
export class BodySource {
  /** No body is longer. */
  readonly bodyBytesMax: number;
  readonly #slots: number;
  readonly #recent: Buffer;
  readonly #lengths: Int32Array;
  #filled = 0;
  #slot = 0;
  #made = 0;

  constructor(private readonly options: BodySourceOptions) {
    if (options.templates.length === 0) throw new RangeError('BodySource: no bodies to send');
    this.bodyBytesMax = Math.max(...options.templates.map((template) => template.bytes.length));
    this.#slots = Math.max(
      1,
      Math.min(RECENT_MAX, Math.floor(RECENT_BYTES_MAX / this.bodyBytesMax)),
    );
    this.#recent = Buffer.alloc(this.#slots * this.bodyBytesMax);
    this.#lengths = new Int32Array(this.#slots);
  }

  /** Copies the next body into `out` at `at`, which has room for it; gives its length in bytes. */
  copyNext(out: Buffer, at: number): number {
    const { random, repeatShare } = this.options;
    const repeat = repeatShare > 0 && this.#filled > 0 && random.chance(repeatShare);
    const slot = repeat ? random.below(this.#filled) : this.#makeNew();
    const from = slot * this.bodyBytesMax;
    const length = this.#lengths[slot] ?? 0;
    this.#recent.copy(out, at, from, from + length);
    return length;
  }

  #makeNew(): number {
    const { templates, random, vary, thread, threads, clock } = this.options;
    const serial = thread + this.#made * threads;
    this.#made += 1;
    const slot = this.#slot;
    this.#slot = (slot + 1) % this.#slots;
    this.#filled = Math.min(this.#filled + 1, this.#slots);
    const at = slot * this.bodyBytesMax;
    const template = templates[serial % templates.length];
    if (template === undefined) throw new RangeError('BodySource: no bodies to send');
    if (vary && canVary(template)) {
      const round = Math.floor(serial / templates.length) % SERIALS;
      writeVaried(template, this.#recent, at, round, random, clock?.() ?? null);
    } else {
      template.bytes.copy(this.#recent, at);
    }
    this.#lengths[slot] = template.bytes.length;
    return slot;
  }
}

/** Templates of made-up readings; takes about 15 ms per thousand, before the run. */
export function madeUpTemplates(random: Random, count: number): BodyTemplate[] {
  const templates: BodyTemplate[] = [];
  while (templates.length < count) {
    const template = bodyTemplate(Buffer.from(JSON.stringify(makeReading(random)), 'utf8'));
    if (canVary(template)) templates.push(template);
  }
  return templates;
}

/** How many bodies may come back as repeats, and how much memory they may take. */
const RECENT_MAX = 1_000;
const RECENT_BYTES_MAX = 67_108_864;
