import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hidePlates, looksLikePlate } from './plate-shapes.js';
import { TEMPLATE_FORMS } from './template.js';

const LETTERS = [...'АВЕКМНОРСТУХ'];
const LATIN = [...'ABEKMHOPCTYX'];
/** Groups as they are written apart: by the kind of symbol, and the region by itself. */
const GROUPS = [
  'L 999 LL 99',
  'L 999 LL 999',
  'LL 999 99',
  'LL 999 999',
  'LL 9999 99',
  'LL 9999 999',
  '9999 LL 99',
  '9999 LL 999',
  'L 9999 LL',
  'LL 999 L 99',
  'LL 999 L 999',
  'TLL 999 99',
  'L 9999 99',
  'L 9999 999',
  '9999 L 99',
  '9999 L 999',
  '999 L 99',
  '999 L 999',
  '999 CD 999',
  '999 CD 999 77',
  '999 D 999 77',
  '999 T 999 77',
  'L 999 LL',
];

const toLatin = (text: string): string =>
  [...text].map((one) => LATIN[LETTERS.indexOf(one)] ?? one).join('');
const toFullWidth = (text: string): string =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));

/** Every way in which a sloppy client may write a plate whole. */
const SPELLINGS: Readonly<Record<string, (groups: readonly string[]) => string>> = {
  'as it is': (groups) => groups.join(''),
  'in small letters': (groups) => groups.join('').toLowerCase(),
  'in Latin letters': (groups) => toLatin(groups.join('')),
  'in small Latin letters': (groups) => toLatin(groups.join('')).toLowerCase(),
  'half in Latin letters': ([first = '', ...rest]) => first + toLatin(rest.join('')),
  'with blanks': (groups) => groups.join(' '),
  'with blanks in Latin letters': (groups) => toLatin(groups.join(' ')),
  'with no-break spaces': (groups) => groups.join('\u00a0'),
  'with underscores': (groups) => groups.join('_'),
  'with underscores in Latin letters': (groups) => toLatin(groups.join('_')),
  'with dots': (groups) => groups.join('.'),
  'with hyphens': (groups) => groups.join('-'),
  'between blanks': (groups) => `  ${groups.join('')} `,
  'with full-width digits': (groups) => toFullWidth(groups.join('')),
  'with an invisible symbol': ([first = '', ...rest]) => `${first}\u200b${rest.join('')}`,
};
/** And whole values only, where no other word can be taken for a piece. */
const VALUE_SPELLINGS: typeof SPELLINGS = {
  ...SPELLINGS,
  'in small Latin letters with blanks': (groups) => toLatin(groups.join(' ')).toLowerCase(),
  'each symbol apart': (groups) => [...groups.join('')].join(' '),
};

const plate = fc.constantFrom(...GROUPS).chain((form) =>
  fc
    .tuple(
      ...[...form].map((symbol) => {
        if (symbol === 'L') return fc.constantFrom(...LETTERS);
        if (symbol === '9') return fc.constantFrom(...'0123456789');
        return fc.constant(symbol);
      }),
    )
    .map((symbols) => symbols.join('').split(' ')),
);

describe('the forms of this test', () => {
  it('cover every template', () => {
    const lengths = new Set(GROUPS.map((groups) => groups.replaceAll(' ', '').replace('T', 't')));
    for (const { form } of TEMPLATE_FORMS) {
      const written = form.replace('c', 'C').replace('т', 'T');
      expect([...lengths].some((one) => one.replace('t', 'T').startsWith(written.replace('t', 'T')))).toBe(true);
    }
  }); // prettier-ignore
});

describe.each(Object.entries(SPELLINGS))('a plate %s', (_name, spell) => {
  it('is hidden in a sentence', () => {
    fc.assert(
      fc.property(plate, (groups) => {
        expect(hidePlates(`reading "${spell(groups)}" failed`)).toMatch(
          /^reading " {0,2}\[plate\] ?" failed$/,
        );
      }),
    );
  });
});

describe.each(Object.entries(VALUE_SPELLINGS))('a value that is a plate %s', (_name, spell) => {
  it('is known', () => {
    fc.assert(
      fc.property(plate, (groups) => {
        expect(looksLikePlate(spell(groups))).toBe(true);
      }),
    );
  });

  it('is known with one symbol unread, too many, missing or misread', () => {
    const damage = fc.constantFrom('_', '', 'Д', '7', '8А');
    fc.assert(
      fc.property(plate, damage, fc.nat(20), (groups, by, where) => {
        const symbols = [...groups.join('')];
        fc.pre(symbols.length >= 8);
        const at = where % symbols.length;
        const instead = by === '8А' ? ['8', symbols[at] ?? ''] : [...by];
        symbols.splice(at, 1, ...instead);
        // Without its only letter it is a number.
        fc.pre(
          symbols.filter((one) => /\d/.test(one)).length >= 3 && /\p{L}/u.test(symbols.join('')),
        );
        expect(looksLikePlate(spell([symbols.join('')]))).toBe(true);
      }),
    );
  });
});

describe('what is no plate', () => {
  it.each([
    'Астра-Трафик',
    'Кордон-М2',
    'Стрелка-СТ 01',
    'Крис-П',
    'Автоураган-ВСМ2',
    'ЛИСД-2Ф',
    'М2000',
    'DS-2CD7026G0',
    'e123ab45f0a123bc77',
    'class 17',
    'Стационарная',
    'other',
    '',
    '________',
    '2026-11-21',
  ])('%s stays', (value) => {
    expect(looksLikePlate(value)).toBe(false);
    expect(hidePlates(value)).toBe(value);
  });

  it.each([
    'cam_А123ВС77',
    'А123ВС77_north',
    'Кордон_А123ВС77_1',
    'А123ВС77RUS',
    'А123ВС77 RUS',
    'Камера№А123ВС77',
    'lane2А123ВС77',
    'cameraA123BC77lane',
    'xА123ВС77x',
    'А123ВС77А456ВС77',
    'the_camera_at_the_end_of_the_road_А123ВС77_and_more',
    '77ВС123А',
    '%D0%90123%D0%92%D0%A177',
  ])('%s has one in it', (value) => {
    expect(looksLikePlate(value) || hidePlates(value) !== value).toBe(true);
    if (!value.includes('%')) expect(hidePlates(`read "${value}"`)).toMatch(/\[plate\]/);
  });

  it.each(['РА345СУ77', 'В34_АЕ77', 'PA345CY77', 'а 123 вс 77', 'А123ВС', 'у4999ОР77'])(
    '%s does not',
    (value) => {
      expect(looksLikePlate(value)).toBe(true);
    },
  );
});
