import { CYRILLIC, CYRILLIC_TWINS, LATIN } from './look-alikes.js';
import { matchTemplate, symbolClass, TEMPLATE_NAMES, TEMPLATE_SYMBOLS_MAX } from './template.js';

/**
 * Recognises what looks like a number plate, however it is spelled: the one answer to that question
 * for labels of metrics, log lines, reports and the operator's page.
 *
 * A text is brought to one spelling first: compatibility forms (full width), case, and the Latin and
 * Greek letters that look like Cyrillic ones are made equal, invisible symbols and separators are left
 * out. `_` stands for any symbol, as an unread one, or separates as well.
 */

/** A whole value that is a plate, or one symbol away from one as a misread plate is. */
export function looksLikePlate(value: string): boolean {
  if (/%[0-9a-f]{2}/i.test(value)) return looksLikePlate(percentDecoded(value));
  const symbols = normalise(value).replace(SEPARATORS, '');
  return [symbols, symbols.replaceAll('_', '')].some((spelling) => {
    const classes = classesOf(spelling);
    return isPlate(classes) || isNearPlate(classes);
  });
}

/**
 * The text with every plate in it replaced by `[plate]`; the same text where it holds none.
 * Takes time in proportion to the text's length.
 */
export function hidePlates(text: string): string {
  const plain = isPlain(text) ? text : text.normalize('NFKC').replace(INVISIBLE, '');
  const hidden = hideIn(plain);
  return hidden === plain ? text : hidden;
}

export const HIDDEN_PLATE = '[plate]';

const INVISIBLE = /\p{Cf}/gu;
const SEPARATORS = /[^\p{L}\p{Nd}_]/gu;
/** A word: what has a symbol that a plate may not have ends it. */
const WORD = /[\p{L}\p{Nd}_]+/gu;
/** Between the groups of one plate: `А 123 ВС 77`, `А123ВС-77`. */
const GROUP_GAP = /^[ \u00a0\t]{0,2}[-‐–/|.]?[ \u00a0\t]{0,2}$/u;
const GROUPS_MAX = 4;
/** Symbols that may be anything, in the sense of `symbolClass`. */
const ANY = 0xff;
/** Shorter ones are too often something else: `М2000` is a camera. */
const NEAR_SYMBOLS_MIN = 7;
/** What has fewer digits that were read is a word. */
const DIGITS_MIN = 2;
const UNKNOWN = TEMPLATE_NAMES.indexOf('unknown');
const LETTER = symbolClass('А'.charCodeAt(0));
const DIGIT = symbolClass('0'.charCodeAt(0));
/** A car's plate without its region, as some cameras read it; no template of the features. */
const WITHOUT_REGION = [LETTER, DIGIT, DIGIT, DIGIT, LETTER, LETTER];

const PLATE_LETTER = `[${CYRILLIC}${CYRILLIC.toLowerCase()}${LATIN}]`;
/** Of small Latin letters those only that look like a plate's, and D: `v20202020` is a version. */
const SMALL_PLATE = new RegExp(`^[${LATIN.toLowerCase()}d\\p{Script=Cyrillic}\\p{Nd}_]+$`, 'u');
/**
 * A plate that is glued to other words: `cam_А123ВС77`, `А123ВС77RUS`. Only forms with letters between
 * or around digits, as `cam12345` is no plate; no small Latin letters, as every fifth SHA-256 in hex
 * would have one in it.
 */
const PLATE_WITHIN = new RegExp(
  ['L_?999_?LL', '9999_?LL_?99', 'LL_?999_?L', 'L_?9999_?LL']
    .join('|')
    .replaceAll('L', PLATE_LETTER)
    .replaceAll('9', '\\p{Nd}'),
  'u',
);

function hideIn(text: string): string {
  const words = [...text.matchAll(WORD)];
  let hidden = '';
  let end = 0;
  for (let at = 0; at < words.length;) {
    const taken = wordsOfPlate(text, words, at);
    const first = words[at];
    const last = words[at + taken - 1];
    if (taken > 0 && first !== undefined && last !== undefined) {
      hidden += text.slice(end, first.index) + HIDDEN_PLATE;
      end = last.index + last[0].length;
    }
    at += Math.max(1, taken);
  }
  return end === 0 ? text : hidden + text.slice(end);
}

/** How many words from `at` on are one plate, 0 for none; the longest is taken. */
function wordsOfPlate(text: string, words: readonly RegExpExecArray[], at: number): number {
  let joined = '';
  // A word of any length may have a plate in it.
  let taken = PLATE_WITHIN.test(words[at]?.[0] ?? '') ? 1 : 0;
  for (let count = 1; count <= GROUPS_MAX; count += 1) {
    const word = words[at + count - 1];
    const before = words[at + count - 2];
    if (word === undefined) break;
    if (count > 1 && before !== undefined) {
      if (!GROUP_GAP.test(text.slice(before.index + before[0].length, word.index))) break;
      if (!areGroups(before[0], word[0])) break;
    }
    joined += word[0];
    if (joined.length > 2 * TEMPLATE_SYMBOLS_MAX) break;
    if (isPlateWord(joined, count > 1)) taken = count;
  }
  return taken;
}

/** Groups of a plate part where letters meet digits, or before the two or three digits of a region. */
function areGroups(before: string, after: string): boolean {
  const meetsDigits = /[\p{Nd}_]$/u.test(before) && /^[\p{Nd}_]/u.test(after);
  const meetsLetters = /[\p{L}_]$/u.test(before) && /^[\p{L}_]/u.test(after);
  if (meetsDigits) return /[\p{Nd}_]{3}$/u.test(before) && /^\p{Nd}{2,3}$/u.test(after);
  return !meetsLetters;
}

function isPlateWord(word: string, isOfGroups: boolean): boolean {
  // `took 1000 at 25` is no plate: small Latin letters count within one word only.
  if (isOfGroups && /[a-z]/.test(word)) return false;
  if (PLATE_WITHIN.test(word)) return true;
  if (/[a-z]/.test(word) && !SMALL_PLATE.test(word)) return false;
  const symbols = normalise(word);
  return isPlate(classesOf(symbols)) || isPlate(classesOf(symbols.replaceAll('_', '')));
}

function normalise(text: string): string {
  const upper = text.normalize('NFKC').replace(INVISIBLE, '').toUpperCase();
  return upper.replace(/[A-Z\p{Script=Greek}]/gu, (letter) => CYRILLIC_TWINS.get(letter) ?? letter);
}

function classesOf(symbols: string): Uint8Array {
  return Uint8Array.from(symbols, (symbol) => {
    if (symbol === '_') return ANY;
    const known = symbolClass(symbol.codePointAt(0) ?? 0);
    // Other Latin letters are on no plate, and in misread ones.
    return /[A-Z]/.test(symbol) ? known | LETTER : known;
  });
}

function isPlate(classes: Uint8Array): boolean {
  if (classes.filter((one) => one === DIGIT).length < DIGITS_MIN) return false;
  if (matchTemplate(classes, classes.length) !== UNKNOWN) return true;
  return (
    classes.length === WITHOUT_REGION.length &&
    WITHOUT_REGION.every((mask, i) => (mask & (classes[i] ?? 0)) !== 0)
  );
}

/** With one symbol left out, put in between, or taken for any other, it is a plate. */
function isNearPlate(classes: Uint8Array): boolean {
  if (classes.length < NEAR_SYMBOLS_MIN || classes.length > TEMPLATE_SYMBOLS_MAX + 1) return false;
  // Of digits alone, a date or a number is more likely.
  if (!classes.some((one) => one !== ANY && (one & LETTER) !== 0)) return false;
  for (let at = 0; at <= classes.length; at += 1) {
    const before = classes.subarray(0, at);
    const variants = [
      [...before, ...classes.subarray(at + 1)],
      [...before, ANY, ...classes.subarray(at)],
      [...before, ANY, ...classes.subarray(at + 1)],
    ];
    if (variants.some((variant) => isPlate(Uint8Array.from(variant)))) return true;
  }
  return false;
}

/** The same text where it is not percent-encoded UTF-8; without the percent signs, so that it ends. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text).replaceAll('%', ' ');
  } catch {
    return text.replaceAll('%', ' ');
  }
}

function isPlain(text: string): boolean {
  // ASCII and Cyrillic need no normalising.
  return /^[\x00-\x7f\u0400-\u04ff]*$/.test(text); // eslint-disable-line no-control-regex
}
