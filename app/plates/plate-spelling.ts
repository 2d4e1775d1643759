import { CYRILLIC_TWINS } from './look-alikes.js';
import type { WarningSet } from '../serving/ports.js';
import { warningBit } from './reading-warnings.js';
import { plateTemplate } from './template.js';

/** Ways to respell plates, in the order in which they are done. */
export const PLATE_NORMALISATIONS = ['trim', 'upper', 'lookalikes'] as const;

export type PlateNormalisation = (typeof PLATE_NORMALISATIONS)[number];

/**
 * What is odd in how a plate is spelt: blanks around or inside it, lower case, and letters of another
 * alphabet that look like Cyrillic ones (`A` for `А`). A model sees other symbols than it was trained
 * on, and no known template.
 *
 * Latin letters are where they belong in a plate that fits a template as it is (`134CD461`), and in
 * one without Cyrillic letters that has Latin ones without a Cyrillic twin: a foreign plate.
 *
 * @param plate without unpaired surrogates
 */
export function spellingWarnings(plate: string): WarningSet {
  let traits = 0;
  for (let i = 0; i < plate.length; i++) {
    const unit = plate.charCodeAt(i);
    traits |= TRAIT_TABLE[unit] ?? traitsOf(plate.codePointAt(i) ?? 0);
  }
  if ((traits & (BLANK | LOWER | TWIN)) === 0) return 0;
  return (
    ((traits & BLANK) === 0 ? 0 : BLANKS_WARNING) |
    ((traits & LOWER) === 0 ? 0 : LOWER_CASE_WARNING) |
    (hasLookalikes(plate, traits) ? LOOKALIKES_WARNING : 0)
  );
}

/** Respells a plate; one without {@link spellingWarnings} stays as it is. */
export type PlateNormaliser = (plate: string) => string;

/**
 * @param steps `trim` drops the blanks around a plate (one inside may stand for a symbol), `upper`
 * makes its letters upper case, `lookalikes` puts Cyrillic letters for those that look like them
 * @returns undefined for no steps
 */
export function createPlateNormaliser(
  steps: readonly PlateNormalisation[],
): PlateNormaliser | undefined {
  const respell = PLATE_NORMALISATIONS.filter((step) => steps.includes(step)).map(
    (step) => RESPELL[step],
  );
  if (respell.length === 0) return undefined;
  return (plate) => respell.reduce((text, step) => step(text), plate);
}

const BLANKS_WARNING = warningBit('plate_blanks');
const LOWER_CASE_WARNING = warningBit('plate_lower_case');
const LOOKALIKES_WARNING = warningBit('plate_lookalikes');

// What a symbol of a plate may be, as bits.
const BLANK = 1;
const LOWER = 2;
const TWIN = 4;
const CYRILLIC = 8;
/** A Latin letter that no Cyrillic one looks like; but D stands in plates of diplomats. */
const FOREIGN = 16;

/** White space, and what takes no room at all: format and control characters. */
const BLANK_CLASS = '[\\s\\p{Cf}\\p{Cc}]';
const BLANK_SYMBOL = new RegExp(BLANK_CLASS, 'u');
const BLANKS_AROUND = new RegExp(`^${BLANK_CLASS}+|${BLANK_CLASS}+$`, 'gu');

function traitsOf(codePoint: number): number {
  const symbol = String.fromCodePoint(codePoint);
  const twin = CYRILLIC_TWINS.has(symbol);
  return (
    (BLANK_SYMBOL.test(symbol) ? BLANK : 0) |
    (/\p{Ll}/u.test(symbol) ? LOWER : 0) |
    (twin ? TWIN : 0) |
    (/\p{Script=Cyrillic}/u.test(symbol) ? CYRILLIC : 0) |
    (!twin && /(?![Dd])\p{Script=Latin}/u.test(symbol) ? FOREIGN : 0)
  );
}

/** Latin, Greek and Cyrillic: what plates are written in. */
const TRAIT_TABLE = Uint8Array.from({ length: 0x500 }, (_, codePoint) => traitsOf(codePoint));

function hasLookalikes(plate: string, traits: number): boolean {
  if ((traits & TWIN) === 0) return false;
  if ((traits & FOREIGN) !== 0 && (traits & CYRILLIC) === 0) return false;
  return plateTemplate(RESPELL.upper(RESPELL.trim(plate))) === 'unknown';
}

const RESPELL: Readonly<Record<PlateNormalisation, PlateNormaliser>> = {
  trim: (plate) => plate.replace(BLANKS_AROUND, ''),
  upper: (plate) => plate.replace(/\p{Ll}/gu, (letter) => letter.toUpperCase()),
  lookalikes: (plate) =>
    (spellingWarnings(plate) & LOOKALIKES_WARNING) === 0
      ? plate
      : Array.from(plate, (symbol) => CYRILLIC_TWINS.get(symbol) ?? symbol).join(''),
};
