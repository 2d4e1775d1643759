import type { Random } from '../random.js';

/** The ten fields of POST /reg/, as they go over the wire. */
export interface WireReading {
  readonly regno_recognize: string;
  readonly afts_regno_ai: string;
  readonly recognition_accuracy: number;
  readonly afts_regno_ai_score: number;
  readonly afts_regno_ai_char_scores: string;
  readonly afts_regno_ai_length_scores: string;
  readonly camera_type: string;
  readonly camera_class: string;
  readonly time_check: string;
  readonly direction: number;
}

/**
 * Makes up one disagreement between a camera and the network: a plate of a common template, misread by
 * the one, the other or both; the network is unsure of the symbols that it misreads.
 */
export function makeReading(random: Random): WireReading {
  const plate = makePlate(random);
  const blame = random.unit();
  const networkErrs = blame > 0.55;
  const network = networkErrs ? misread(plate, random, NETWORK_SLIPS) : [...plate];
  let camera = blame < 0.7 ? misread(plate, random, CAMERA_SLIPS) : [...plate];
  // The service is asked about disagreements only.
  while (camera.join('') === network.join('')) camera = misread(plate, random, CAMERA_SLIPS);
  const symbolScores = network.map((symbol, i) =>
    symbol === plate[i] ? nearlyOne(random) : random.between(0.2, 0.97),
  );
  const station = pickWeighted(STATIONS, random);
  return {
    regno_recognize: camera.join(''),
    afts_regno_ai: network.join(''),
    recognition_accuracy: accuracy(station.scale, random),
    afts_regno_ai_score: symbolScores.reduce((product, score) => product * score, 1),
    afts_regno_ai_char_scores: listOf(symbolScores),
    afts_regno_ai_length_scores: listOf(lengthScores(network.length, random)),
    camera_type: station.type,
    camera_class: station.name,
    time_check: makeTime(random),
    direction: random.below(2),
  };
}

interface Weighted {
  readonly weight: number;
}

interface PlateTemplate extends Weighted {
  /** L: a letter, d: a digit, r: a region of two or three digits; anything else stands for itself. */
  readonly pattern: string;
}

interface Station extends Weighted {
  readonly name: string;
  readonly type: string;
  /** Camera classes score on scales of their own. */
  readonly scale: 'percent' | 'low' | 'rounded';
}

type Slip = Weighted & { readonly kind: 'confuse' | 'unread' | 'lose-last' | 'add-last' };

/** Russian templates, from the private car (by far the most frequent) to the diplomat's. */
const PLATE_TEMPLATES: readonly PlateTemplate[] = [
  { pattern: 'LdddLLr', weight: 820 },
  { pattern: 'LLdddr', weight: 40 },
  { pattern: 'LLddddr', weight: 50 },
  { pattern: 'ddddLLr', weight: 25 },
  { pattern: 'LddddLL', weight: 10 },
  { pattern: 'LLdddLr', weight: 10 },
  { pattern: 'ТLLdddr', weight: 10 },
  { pattern: 'Lddddr', weight: 15 },
  { pattern: 'ddddLr', weight: 5 },
  { pattern: 'dddLr', weight: 5 },
  { pattern: 'dddDdddr', weight: 10 },
];

const LETTERS = Array.from('АВЕКМНОРСТУХ');
const REGIONS = [
  ...'77 97 99 177 199 777 797 50 90 150 190 750 78 98 178 47 23 16 52 61 63 66 74 96'.split(' '),
];

const STATIONS: readonly Station[] = [
  { name: 'Астра-Трафик', type: 'Стационарная', scale: 'low', weight: 35 },
  { name: 'Кордон', type: 'Стационарная', scale: 'percent', weight: 25 },
  { name: 'Кречет', type: 'Стационарная', scale: 'rounded', weight: 20 },
  { name: 'Одиссей', type: 'Стационарная', scale: 'percent', weight: 12 },
  { name: 'Крис', type: 'Передвижная', scale: 'rounded', weight: 8 },
];

const CAMERA_SLIPS: readonly Slip[] = [
  { kind: 'confuse', weight: 60 },
  { kind: 'unread', weight: 18 },
  { kind: 'lose-last', weight: 15 },
  { kind: 'add-last', weight: 7 },
];
const NETWORK_SLIPS: readonly Slip[] = [
  { kind: 'confuse', weight: 75 },
  { kind: 'lose-last', weight: 15 },
  { kind: 'add-last', weight: 10 },
];

/** What is taken for what, on a dirty plate or at night. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  0: '869О',
  1: '74',
  2: '7',
  3: '89',
  4: '1',
  5: '63',
  6: '508',
  7: '12',
  8: '036В',
  9: '083',
  А: 'ХМ',
  В: '8РЕ',
  Е: 'ВКС',
  К: 'ХНЕ',
  М: 'НА',
  Н: 'КМ',
  О: '0С',
  Р: 'ВК',
  С: 'ОЕ',
  Т: 'УР',
  У: 'ХТ',
  Х: 'КУ',
  D: '0О',
};

function makePlate(random: Random): string[] {
  const { pattern } = pickWeighted(PLATE_TEMPLATES, random);
  return Array.from(pattern).flatMap((place) => {
    if (place === 'L') return [random.pick(LETTERS)];
    if (place === 'd') return [String(random.below(10))];
    return place === 'r' ? Array.from(random.pick(REGIONS)) : [place];
  });
}

function misread(plate: readonly string[], random: Random, slips: readonly Slip[]): string[] {
  const read = [...plate];
  const at = random.below(read.length);
  switch (pickWeighted(slips, random).kind) {
    case 'confuse':
      read[at] = random.pick(Array.from(LOOK_ALIKES[plate[at] ?? ''] ?? '_'));
      break;
    case 'unread':
      read[at] = '_';
      break;
    case 'lose-last':
      read.pop();
      break;
    case 'add-last':
      read.push(String(random.below(10)));
      break;
  }
  return read;
}

/** Most right symbols score within a thousandth of 1, many within a millionth. */
function nearlyOne(random: Random): number {
  return 1 - 10 ** -random.between(2.5, 7);
}

/** One score per length 0..10: nearly all on the length that was read. */
function lengthScores(length: number, random: Random): number[] {
  const base = 10 ** -random.between(6, 10);
  return Array.from({ length: 11 }, (_, i) =>
    i === length ? 1 - base * 10 : base * random.between(0.9, 1.1),
  );
}

function listOf(scores: readonly number[]): string {
  return `[${scores.join(', ')}]`;
}

function accuracy(scale: Station['scale'], random: Random): number {
  if (scale === 'low') return Math.round(random.between(2, 20) * 100) / 100;
  if (scale === 'rounded') return random.below(41) + 60;
  return Math.min(99, Math.round(100 - random.exponential(8)));
}

/** A local time of one year, day hours more often than night hours. */
function makeTime(random: Random): string {
  const hour = random.chance(0.8) ? 6 + random.below(16) : random.below(24);
  const date = [2024, 1 + random.below(12), 1 + random.below(28)].map(twoDigits).join('-');
  return `${date} ${[hour, random.below(60), random.below(60)].map(twoDigits).join(':')}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function pickWeighted<T extends Weighted>(list: readonly T[], random: Random): T {
  const total = list.reduce((sum, item) => sum + item.weight, 0);
  let left = random.unit() * total;
  for (const item of list) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return random.pick(list);
}
