import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TEMPLATE_NAMES, matchTemplate, plateTemplate, symbolClass } from './template.js';

const MATCHES: readonly (readonly [plate: string, template: string])[] = [
  ['А123ВС77', 'private car'],
  ['А123ВС777', 'private car'],
  ['Я000ЮЭ00', 'private car'],
  ['АВ12345', ' lk_taxi_r_pricep'],
  // Eight symbols: the first of two templates that fit.
  ['АВ123456', ' lk_taxi_r_pricep'],
  ['АВ1234567', 'lk_pricep_r_transit'],
  ['1234АВ77', 'lk_moto_tract'],
  ['1234АВ777', 'lk_moto_tract'],
  ['А1234ВС', 'some'],
  ['АВ123С77', 'lk_transit'],
  ['АВ123С777', 'lk_transit'],
  ['TАВ12345', 'lk_export'],
  ['TАВ123456', 'lk_export'],
  ['ТАВ12345', 'lk_export'],
  ['А123456', 'lk_mvd_avto'],
  ['А1234567', 'lk_mvd_avto'],
  ['1234А77', 'lk_mvd_moto'],
  ['1234А777', 'lk_mvd_moto'],
  ['123А77', 'lk_mvd_pricep'],
  ['123А777', 'lk_mvd_pricep'],
  ['001CD002', 'lk_diplomat'],
  ['001CD002777', 'lk_diplomat'],
  ['001СD002', 'lk_diplomat'],
  ['001D0027', 'lk_diplomat'],
  ['001T00277', 'lk_diplomat'],
  ['001Т0027', 'lk_diplomat'],
  ['001Т002777', 'lk_diplomat'],
  // With two or three digits behind a Cyrillic Т, an earlier template fits.
  ['001Т002', 'lk_mvd_pricep'],
  // Arabic-Indic and mathematical digits are decimal digits, the latter outside the BMP.
  ['А١٢٣ВС٧٧', 'private car'],
  ['А𝟏𝟐𝟑ВС𝟕𝟕𝟕', 'private car'],
];

const NEAR_MISSES: readonly string[] = [
  '',
  'А123ВС7',
  'А123ВС7777',
  'А123ВС77\n',
  '\nА123ВС77',
  'А123ВС77 ',
  ' А123ВС77',
  'а123вс77',
  'A123BC77',
  'Ё123ВС77',
  'А12_ВС77',
  'А1Ⅷ3ВС77',
  'А1²3ВС77',
  'АВ1234',
  'АВ12345678',
  '1234АВ7',
  'А1234ВС7',
  'А1234В',
  'АВ123С7',
  'TАВ1234',
  'TАВ1234567',
  'DАВ12345',
  'А12345',
  'А12345678',
  '123А7',
  '001CD00',
  '001CD002777\n',
  '001CD0027777',
  '001CС002',
  '001DD002',
  '001DC002',
  '001СТ002',
];

describe('plateTemplate', () => {
  it.each(MATCHES)('%s is %j', (plate, template) => {
    expect(plateTemplate(plate)).toBe(template);
  });

  it.each(NEAR_MISSES)('%j is unknown', (plate) => {
    expect(plateTemplate(plate)).toBe('unknown');
  });

  it('agrees with regular expressions of the same templates on strings of look-alikes', () => {
    const symbol = fc.constantFrom(...Array.from('0123456789٣𝟗²АЯТСЁаCDTcdt_\n 😀'));
    const digit = fc.constantFrom(...Array.from('0123456789'));
    const letter = fc.constantFrom(...Array.from('АВСТCDT'));
    const plate = fc
      .array(fc.oneof({ weight: 20, arbitrary: digit }, { weight: 9, arbitrary: letter }, symbol), {
        maxLength: 13,
      })
      .map((symbols) => symbols.join(''));
    fc.assert(
      fc.property(plate, (text) => {
        expect(plateTemplate(text)).toBe(templateByExpressions(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('reads a plate of any length in time that does not grow with it', () => {
    const classes = new Uint8Array(0);
    expect(TEMPLATE_NAMES[matchTemplate(classes, 1_000_000)]).toBe('unknown');
  });
});

describe('symbolClass', () => {
  it('keeps apart what templates keep apart', () => {
    const classes = ['А', '1', 'C', 'D', 'T', 'С', 'Т', '_'].map((symbol) =>
      symbolClass(symbol.codePointAt(0)!),
    );
    expect(new Set(classes).size).toBe(classes.length);
    expect(symbolClass(0x663)).toBe(symbolClass(0x31));
    expect(symbolClass(0x410 - 1)).toBe(0);
    expect(symbolClass(0x42f + 1)).toBe(0);
  });
});

const EXPRESSIONS: readonly (readonly [name: string, expression: RegExp])[] = [
  ['private car', /^[А-Я]\p{Nd}{3}[А-Я]{2}\p{Nd}{2,3}$/u],
  [' lk_taxi_r_pricep', /^[А-Я]{2}\p{Nd}{5,6}$/u],
  ['lk_pricep_r_transit', /^[А-Я]{2}\p{Nd}{6,7}$/u],
  ['lk_moto_tract', /^\p{Nd}{4}[А-Я]{2}\p{Nd}{2,3}$/u],
  ['some', /^[А-Я]\p{Nd}{4}[А-Я]{2}$/u],
  ['lk_transit', /^[А-Я]{2}\p{Nd}{3}[А-Я]\p{Nd}{2,3}$/u],
  ['lk_export', /^[TТ][А-Я]{2}\p{Nd}{5,6}$/u],
  ['lk_mvd_avto', /^[А-Я]\p{Nd}{6,7}$/u],
  ['lk_mvd_moto', /^\p{Nd}{4}[А-Я]\p{Nd}{2,3}$/u],
  ['lk_mvd_pricep', /^\p{Nd}{3}[А-Я]\p{Nd}{2,3}$/u],
  ['lk_diplomat', /^\p{Nd}{3}(CD|СD|D|T|Т)\p{Nd}{3,6}$/u],
];

function templateByExpressions(plate: string): string {
  return EXPRESSIONS.find(([, expression]) => expression.test(plate))?.[0] ?? 'unknown';
}
