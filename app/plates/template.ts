/**
 * The plate templates of pick_regno: which kind of Russian plate a reading has the form of.
 *
 * A form is written symbol by symbol: `L` one of А..Я (U+0410..U+042F, so no Ё), `9` any Unicode
 * decimal digit (general category Nd), `t` Latin T or Cyrillic Т, `C` `D` `T` these Latin letters,
 * `c` `т` the Cyrillic С and Т. `moreDigits` further digits may follow.
 */
export interface TemplateForm {
  readonly name: string;
  readonly form: string;
  readonly moreDigits: number;
}

/** First match wins. The space in ` lk_taxi_r_pricep` is part of the category's name. */
export const TEMPLATE_FORMS: readonly TemplateForm[] = [
  { name: 'private car', form: 'L999LL99', moreDigits: 1 },
  { name: ' lk_taxi_r_pricep', form: 'LL99999', moreDigits: 1 },
  { name: 'lk_pricep_r_transit', form: 'LL999999', moreDigits: 1 },
  { name: 'lk_moto_tract', form: '9999LL99', moreDigits: 1 },
  { name: 'some', form: 'L9999LL', moreDigits: 0 },
  { name: 'lk_transit', form: 'LL999L99', moreDigits: 1 },
  { name: 'lk_export', form: 'tLL99999', moreDigits: 1 },
  { name: 'lk_mvd_avto', form: 'L999999', moreDigits: 1 },
  { name: 'lk_mvd_moto', form: '9999L99', moreDigits: 1 },
  { name: 'lk_mvd_pricep', form: '999L99', moreDigits: 1 },
  { name: 'lk_diplomat', form: '999CD999', moreDigits: 3 },
  { name: 'lk_diplomat', form: '999cD999', moreDigits: 3 },
  { name: 'lk_diplomat', form: '999D999', moreDigits: 3 },
  { name: 'lk_diplomat', form: '999T999', moreDigits: 3 },
  { name: 'lk_diplomat', form: '999т999', moreDigits: 3 },
];

const UNKNOWN = 'unknown';

/** Every value that `regno_template` and `regno_template_ai` can take, `unknown` last. */
export const TEMPLATE_NAMES: readonly string[] = [
  ...new Set(TEMPLATE_FORMS.map((template) => template.name)),
  UNKNOWN,
];

/** No template is longer: symbols beyond this many need no class. */
export const TEMPLATE_SYMBOLS_MAX = Math.max(
  ...TEMPLATE_FORMS.map((template) => template.form.length + template.moreDigits),
);

/** The template of a plate as read, by code point and from end to end. */
export function plateTemplate(plate: string): string {
  const classes = Uint8Array.from(plate, (symbol) => symbolClass(symbol.codePointAt(0) ?? 0));
  return TEMPLATE_NAMES[matchTemplate(classes, classes.length)] ?? UNKNOWN;
}

/** The classes of a code point that templates tell apart, as a bit set; 0 for any other symbol. */
export function symbolClass(codePoint: number): number {
  return codePoint < CLASS_TABLE.length ? (CLASS_TABLE[codePoint] ?? 0) : classify(codePoint);
}

/**
 * Index in {@link TEMPLATE_NAMES} of the template that `length` symbols, given by their
 * {@link symbolClass}, match. Only the first {@link TEMPLATE_SYMBOLS_MAX} classes are read.
 */
export function matchTemplate(classes: Uint8Array, length: number): number {
  for (const template of MATCHERS) {
    if (length < template.lengthMin || length > template.masks.length) continue;
    if (fits(template.masks, classes, length)) return template.nameIndex;
  }
  return UNKNOWN_INDEX;
}

const LETTER = 1;
const DIGIT = 2;
const LATIN_C = 4;
const LATIN_D = 8;
const LATIN_T = 16;
const CYRILLIC_ES = 32;
const CYRILLIC_TE = 64;

/** Which classes each letter of a form accepts. */
const FORM_MASKS: ReadonlyMap<string, number> = new Map([
  ['L', LETTER],
  ['9', DIGIT],
  ['t', LATIN_T | CYRILLIC_TE],
  ['C', LATIN_C],
  ['D', LATIN_D],
  ['T', LATIN_T],
  ['c', CYRILLIC_ES],
  ['т', CYRILLIC_TE],
]);

interface TemplateMatcher {
  readonly nameIndex: number;
  readonly lengthMin: number;
  /** Accepted classes per position, optional digits included. */
  readonly masks: Uint8Array;
}

const UNKNOWN_INDEX = TEMPLATE_NAMES.length - 1;

const MATCHERS: readonly TemplateMatcher[] = TEMPLATE_FORMS.map(({ name, form, moreDigits }) => ({
  nameIndex: TEMPLATE_NAMES.indexOf(name),
  lengthMin: form.length,
  masks: Uint8Array.from(form + '9'.repeat(moreDigits), (letter) => FORM_MASKS.get(letter) ?? 0),
}));

/** Latin, Greek and Cyrillic: what plates are written in. */
const CLASS_TABLE = Uint8Array.from({ length: 0x500 }, (_, codePoint) => classify(codePoint));

function fits(masks: Uint8Array, classes: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (((masks[i] ?? 0) & (classes[i] ?? 0)) === 0) return false;
  }
  return true;
}

function classify(codePoint: number): number {
  const symbol = String.fromCodePoint(codePoint);
  if (/^\p{Nd}$/u.test(symbol)) return DIGIT;
  switch (symbol) {
    case 'C':
      return LATIN_C;
    case 'D':
      return LATIN_D;
    case 'T':
      return LATIN_T;
    case 'С':
      return LETTER | CYRILLIC_ES;
    case 'Т':
      return LETTER | CYRILLIC_TE;
    default:
      return codePoint >= 0x410 && codePoint <= 0x42f ? LETTER : 0;
  }
}
