import { pick, randomBelow, seededRandom } from './random.js';

/** A body of `POST /reg/` as clients write it. */
export type WireReading = Record<string, unknown>;

const LETTERS = [...'АВЕКМНОРСТУХ'];
const SYMBOLS = [...'0123456789АВЕКМНОРСТУХD_'];
const TYPES = ['Стационарная', 'Передвижная', 'Мобильная', ''];
const CLASSES = ['Астра-Трафик', 'Заря-5', 'Кордон', 'ПКС-4', 'Unknown 😀', ''];

/** Distinct readings of every kind that a model tells apart; the same seed gives the same ones. */
export function makeReadings(count: number, seed: number): WireReading[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => makeReading(random, i));
}

function makeReading(random: () => number, serial: number): WireReading {
  const ai = makePlate(random);
  const camera = random() < 0.1 ? makePlate(random) : misread(random, ai);
  const charScores = [...ai].map(() => score(random));
  const lengthScores = Array.from({ length: randomBelow(random, 12) }, () => score(random));
  return {
    regno_recognize: camera,
    afts_regno_ai: ai,
    recognition_accuracy: Math.round(random() * 10_000) / 100,
    // The serial number in the last digits makes each reading its own; a score is 1 at the most.
    afts_regno_ai_score: Number((score(random) * 0.999 + serial * 1e-9).toFixed(9)),
    afts_regno_ai_char_scores: random() < 0.9 ? JSON.stringify(charScores) : charScores,
    afts_regno_ai_length_scores: JSON.stringify(lengthScores),
    camera_type: pick(random, TYPES),
    camera_class: pick(random, CLASSES),
    time_check: makeTime(random),
    direction: randomBelow(random, 2),
  };
}

function makePlate(random: () => number): string {
  const letter = (): string => pick(random, LETTERS);
  const digits = (count: number): string =>
    Array.from({ length: count }, () => randomBelow(random, 10)).join('');
  const region = digits(2 + randomBelow(random, 2));
  switch (randomBelow(random, 6)) {
    case 0:
      return `${letter()}${letter()}${digits(5)}`;
    case 1:
      return `${digits(4)}${letter()}${letter()}${region}`;
    case 2:
      return Array.from({ length: randomBelow(random, 12) }, () => pick(random, SYMBOLS)).join('');
    default:
      return `${letter()}${digits(3)}${letter()}${letter()}${region}`;
  }
}

function misread(random: () => number, plate: string): string {
  const symbols = [...plate];
  if (symbols.length > 0) symbols[randomBelow(random, symbols.length)] = pick(random, SYMBOLS);
  if (random() < 0.3) symbols.pop();
  return symbols.join('');
}

function score(random: () => number): number {
  return random() < 0.7 ? 1 - random() * 0.01 : random();
}

function makeTime(random: () => number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `20${two(20 + randomBelow(random, 7))}-${two(1 + randomBelow(random, 12))}`;
  const clock = [24, 60, 60].map((below) => two(randomBelow(random, below))).join(':');
  return `${day}-${two(1 + randomBelow(random, 28))} ${clock}`;
}
