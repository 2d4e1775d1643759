import { hidePlates, looksLikePlate } from '../../plates/plate-shapes.js';
import { PlateSymbols } from '../../plates/plate-symbols.js';
import { READING_WARNINGS } from '../../plates/reading-warnings.js';
import { TEMPLATE_NAMES } from '../../plates/template.js';
import type { Reading } from '../../plates/reading.js';
import type { InputSignals, WarningSet } from '../../serving/ports.js';
import { CAMERAS_MAX, OTHER_CAMERA as OTHER, cameraKey, type CameraName } from './camera-names.js';
import type { Counter, MetricsRecorder } from './recorder.js';

/**
 * Cameras that a worker counts apart before the primary has said which of them have series of their
 * own: far more than those, as the others' counts are added up there.
 */
const UNNAMED_MAX = 250;
const LABEL_CHARS_MAX = 64;
/** Texts whose labels are remembered. */
const LABELS_MAX = 1024;
const UNKNOWN_TEMPLATE = TEMPLATE_NAMES.indexOf('unknown');
/**
 * Readings between two reports (40 ms) whose plates and symbols are looked at: about 1,000/s. Of each
 * camera that had more, one stands for the rest.
 */
const LOOKS_PER_REPORT = 40;

interface CameraCounters {
  /** The camera's class as metrics name it. */
  readonly classLabel: string;
  readonly readings: Counter;
  readonly positive: Counter;
  readonly scoreSum: Counter;
  readonly uncertaintySum: Counter;
  readonly cameraMisses: Counter;
  readonly networkMisses: Counter;
  readonly unread: Counter;
  readonly mismatches: Counter;
  readonly refusals: Counter;
  /** By the bit of a warning; made when the first of its kind comes. */
  readonly warnings: Counter[];
  /** Readings that were counted and not looked at, and the last of them. */
  unseen: number;
  last: Reading | undefined;
}

/**
 * Health of cameras by class and type: sums that Prometheus divides, so that they add up over
 * workers and one camera class that turns bad shows before the average moves.
 */
export class CameraMetrics implements InputSignals<Reading> {
  /**
   * By class, then by type, as labels show them: bounded however many texts come, and most texts are
   * their own labels. A joined key would be a new string to hash for every reading.
   */
  readonly #cameras = new Map<string, Map<string, CameraCounters>>();
  #count = 0;
  /** Those of the primary's list. */
  #named: ReadonlySet<string> = new Set();
  readonly #labels = new Map<string, string>();
  #looksLeft = LOOKS_PER_REPORT;
  readonly #plate = new PlateSymbols();

  constructor(private readonly recorder: MetricsRecorder) {}

  /** Takes the primary's list of the cameras that have series of their own. */
  name(cameras: readonly CameraName[]): void {
    this.#named = new Set(cameras.map(cameraKey));
  }

  decided(reading: Reading, positive: number, warnings: WarningSet): void {
    const counters = this.#countersOf(reading.cameraClass, reading.cameraType);
    counters.readings.inc();
    if (warnings !== 0) this.#warned(counters, warnings);
    counters.scoreSum.inc(positive);
    if (positive >= 0.5) counters.positive.inc();
    if (this.#looksLeft === 0) {
      counters.unseen += 1;
      counters.last = reading;
      return;
    }
    this.#looksLeft -= 1;
    this.#sample(counters, reading, 1);
  }

  /** To be called before each report to the primary: what was not looked at is made up for. */
  flush(): void {
    if (this.#looksLeft === 0) {
      for (const types of this.#cameras.values()) {
        for (const counters of types.values()) this.#flush(counters);
      }
    }
    this.#looksLeft = LOOKS_PER_REPORT;
  }

  refused(body: unknown): void {
    if (typeof body !== 'object' || body === null) return;
    const { camera_class: cameraClass, camera_type: cameraType } = body as Record<string, unknown>;
    if (typeof cameraClass !== 'string' || typeof cameraType !== 'string') return;
    // A refused body must not open series: only cameras that were seen in good ones are named.
    const known = this.#cameras.get(cameraClass)?.get(cameraType);
    (known ?? this.#countersOf(OTHER, OTHER)).refusals.inc();
  }

  #warned({ classLabel, warnings: counters }: CameraCounters, warnings: WarningSet): void {
    for (const [bit, kind] of READING_WARNINGS.entries()) {
      if (((warnings >> bit) & 1) === 0) continue;
      counters[bit] ??= this.recorder.counter('readingWarnings', kind, classLabel);
      counters[bit].inc();
    }
  }

  #flush(counters: CameraCounters): void {
    const { last, unseen } = counters;
    if (last === undefined) return;
    counters.last = undefined;
    counters.unseen = 0;
    this.#sample(counters, last, unseen);
  }

  /** @param standsFor how many readings of its camera this one counts as */
  #sample(counters: CameraCounters, reading: Reading, standsFor: number): void {
    // A caller's scores may be any numbers.
    const uncertainty = Math.min(1, Math.max(0, 1 - least(reading.charScores)));
    counters.uncertaintySum.inc(standsFor * uncertainty);
    counters.unread.inc(standsFor * countUnread(reading.regnoRecognize));
    const plate = this.#plate;
    plate.decode(reading.regnoRecognize);
    const cameraLength = plate.length;
    if (plate.template() === UNKNOWN_TEMPLATE) counters.cameraMisses.inc(standsFor);
    plate.decode(reading.aftsRegnoAi);
    if (plate.template() === UNKNOWN_TEMPLATE) counters.networkMisses.inc(standsFor);
    if (cameraLength !== plate.length) counters.mismatches.inc(standsFor);
  }

  #countersOf(cameraClass: string, cameraType: string): CameraCounters {
    const known = this.#cameras.get(cameraClass)?.get(cameraType);
    if (known !== undefined) return known;
    const labels = [this.#labelOf(cameraClass), this.#labelOf(cameraType)] as const;
    const types = this.#cameras.get(labels[0]);
    const same = types?.get(labels[1]);
    if (same !== undefined) return same;
    if (!this.#named.has(cameraKey(labels)) && !this.#hasRoom(labels)) {
      return this.#countersOf(OTHER, OTHER);
    }
    const counters = {
      classLabel: labels[0],
      readings: this.recorder.counter('cameraReadings', ...labels),
      positive: this.recorder.counter('cameraPositive', ...labels),
      scoreSum: this.recorder.counter('cameraScoreSum', ...labels),
      uncertaintySum: this.recorder.counter('cameraUncertaintySum', ...labels),
      cameraMisses: this.recorder.counter('cameraTemplateMisses', ...labels, 'camera'),
      networkMisses: this.recorder.counter('cameraTemplateMisses', ...labels, 'network'),
      unread: this.recorder.counter('cameraUnreadSymbols', ...labels),
      mismatches: this.recorder.counter('cameraLengthMismatches', ...labels),
      refusals: this.recorder.counter('cameraRefusals', ...labels),
      warnings: [],
      unseen: 0,
      last: undefined,
    };
    if (types === undefined) this.#cameras.set(labels[0], new Map([[labels[1], counters]]));
    else types.set(labels[1], counters);
    this.#count += 1;
    return counters;
  }

  /** A text is looked through once, also where readings of many cameras without series come in. */
  #labelOf(text: string): string {
    const known = this.#labels.get(text);
    if (known !== undefined) return known;
    const label = labelOf(text);
    if (this.#labels.size >= LABELS_MAX) this.#labels.clear();
    this.#labels.set(text, label);
    return label;
  }

  #hasRoom(labels: readonly string[]): boolean {
    if (labels.every((label) => label === OTHER)) return true;
    return this.#named.size < CAMERAS_MAX && this.#count < UNNAMED_MAX;
  }
}

/**
 * Control characters and great lengths have no place in a label, and a client that mixes up its fields
 * must not put plates on display.
 */
function labelOf(text: string): string {
  if (looksLikePlate(text) || hidePlates(text) !== text) return OTHER;
  return [...text.replace(/\p{C}/gu, '?')].slice(0, LABEL_CHARS_MAX).join('');
}

function countUnread(plate: string): number {
  let count = 0;
  for (let at = plate.indexOf('_'); at >= 0; at = plate.indexOf('_', at + 1)) count += 1;
  return count;
}

/** Infinity for no scores; no spread, which would copy the list. */
function least(scores: readonly number[]): number {
  let smallest = Infinity;
  for (const score of scores) if (score < smallest) smallest = score;
  return smallest;
}
