import type { Random } from '../random.js';

/**
 * A request body and the places in it where a digit may be exchanged for another without harm. A new
 * reading is a copy of a template with other digits: some 0.3 µs instead of the 10 µs that making and
 * serialising one takes, and the generator shares the machine with the service.
 */
export interface BodyTemplate {
  readonly bytes: Buffer;
  /** Where runs of {@link RUN_DIGITS} decimals of symbol scores begin. */
  readonly scoreRuns: readonly number[];
  /** Digits that both readings share, place by place: offsets in pairs. */
  readonly plateDigits: readonly number[];
  /** Where `HH:MM:SS` of time_check begins, or -1. */
  readonly clockAt: number;
}

/** How many decimals of a score are exchanged: the 7th to the 12th, which change no decision. */
export const RUN_DIGITS = 6;

/** Finds what may be exchanged in a JSON body that holds the ten fields. */
export function bodyTemplate(bytes: Buffer): BodyTemplate {
  // As latin1 each byte is one character, so that places in the text are places in the bytes.
  const text = bytes.toString('latin1');
  return {
    bytes,
    scoreRuns: findScoreRuns(text),
    plateDigits: findPlateDigits(text),
    clockAt: findClock(text),
  };
}

/** Whether copies of this template can be told apart for {@link SERIALS} different serials. */
export function canVary(template: BodyTemplate): boolean {
  return template.scoreRuns.length >= 2;
}

/** How many different readings one template gives. */
export const SERIALS = 10 ** (2 * RUN_DIGITS);

/** The time of day on the road that readings should carry. */
export interface RoadClock {
  readonly hour: number;
  readonly minute: number;
}

/**
 * Writes a reading of its own for each serial (0..{@link SERIALS}-1) into `out` at `at`, which has room
 * for the template. The plate's shared digits are drawn at random, alike in both readings.
 */
export function writeVaried(
  template: BodyTemplate,
  out: Buffer,
  at: number,
  serial: number,
  random: Random,
  clock: RoadClock | null,
): void {
  template.bytes.copy(out, at);
  const modulus = 10 ** RUN_DIGITS;
  const [first = 0, second = 0] = template.scoreRuns;
  // A step prime to the modulus visits all its numbers, and neighbours do not look alike.
  writeDigits(out, at + first, ((serial % modulus) * STEP) % modulus);
  writeDigits(out, at + second, Math.floor(serial / modulus) % modulus);
  let dice = random.uint32();
  for (let i = 0; i + 1 < template.plateDigits.length; i += 2) {
    const digit = ZERO + (dice % 10);
    dice = Math.floor(dice / 10);
    out[at + (template.plateDigits[i] ?? 0)] = digit;
    out[at + (template.plateDigits[i + 1] ?? 0)] = digit;
  }
  if (clock && template.clockAt >= 0) writeClock(out, at + template.clockAt, clock);
}

const ZERO = 0x30;
const STEP = 387_943;
const DIGITS_PER_DRAW = 9;

function findScoreRuns(text: string): number[] {
  const list = /"afts_regno_ai_char_scores"\s*:\s*"?\[[^\]]*/.exec(text);
  if (!list) return [];
  return [...list[0].matchAll(/0\.\d{12}(?=\d*[,\s]|\d*$)/g)].map(
    (score) => list.index + score.index + '0.'.length + RUN_DIGITS,
  );
}

function findPlateDigits(text: string): number[] {
  const camera = symbolsOf(text, 'regno_recognize');
  const network = symbolsOf(text, 'afts_regno_ai');
  const pairs: number[] = [];
  for (const [i, symbol] of camera.entries()) {
    const other = network[i];
    if (/^\d$/.test(symbol.text) && other?.text === symbol.text) pairs.push(symbol.at, other.at);
  }
  return pairs.slice(0, DIGITS_PER_DRAW * 2);
}

/** A string field's symbols and where each begins; none where the field holds escapes. */
function symbolsOf(text: string, field: string): { text: string; at: number }[] {
  const match = new RegExp(`"${field}"\\s*:\\s*"([^"\\\\]*)"`).exec(text);
  const value = match?.[1];
  if (!match || value === undefined) return [];
  const start = match.index + match[0].length - 1 - value.length;
  return [...value.matchAll(/[^\x80-\xff]|[\xc0-\xff][\x80-\xbf]*/g)].map((symbol) => ({
    text: symbol[0],
    at: start + symbol.index,
  }));
}

function findClock(text: string): number {
  const match = /"time_check"\s*:\s*"\d{4}-\d\d-\d\d (?=\d\d:\d\d:\d\d")/.exec(text);
  return match ? match.index + match[0].length : -1;
}

function writeDigits(out: Buffer, at: number, value: number): void {
  let left = value;
  for (let place = at + RUN_DIGITS - 1; place >= at; place -= 1) {
    out[place] = ZERO + (left % 10);
    left = Math.floor(left / 10);
  }
}

function writeClock(out: Buffer, at: number, clock: RoadClock): void {
  out[at] = ZERO + Math.floor(clock.hour / 10);
  out[at + 1] = ZERO + (clock.hour % 10);
  out[at + 3] = ZERO + Math.floor(clock.minute / 10);
  out[at + 4] = ZERO + (clock.minute % 10);
}
