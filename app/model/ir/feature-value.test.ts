import { describe, expect, it } from 'vitest';
import { toFeatureValue } from './feature-value.js';
import type { FeatureKind } from './ir.js';

const FLOAT = { kind: 'float', name: 'score' } as const;
const CATEGORY = { kind: 'categorical', name: 'camera' } as const;
const TEXT = { kind: 'text', name: 'plate' } as const;

// CatBoost 1.2.10 was asked for each of these.
describe("values as CatBoost's Python package reads them", () => {
  it.each([
    [2.5, 2.5],
    [-Infinity, -Infinity],
    [true, 1],
    [false, 0],
    ['2', 2],
    ['+2', 2],
    ['-.5', -0.5],
    ['2.', 2],
    ['00012', 12],
    ['1E5', 100_000],
    ['1e400', Infinity],
  ])('float %j', (value, expected) => {
    expect(toFeatureValue(FLOAT, value)).toBe(expected);
  });

  const missing = ['', '-', 'nan', 'NaN', 'NAN', 'NA', 'N/A', '#N/A', 'null', 'NULL', 'None'];

  it.each([null, undefined, NaN, ...missing])('missing float %j', (value) => {
    expect(toFeatureValue(FLOAT, value)).toBeNaN();
  });

  it.each([
    [true, '1'],
    [false, '0'],
    [5, '5'],
    [-3, '-3'],
    [-0, '0'],
    ['true', 'true'],
    ['1.0', '1.0'],
    ['', ''],
    ['nan', 'nan'],
  ])('category %j', (value, expected) => {
    expect(toFeatureValue(CATEGORY, value)).toBe(expected);
  });

  const noNumbers = ['abc', 'Nan', ' ', ' 2', '1,5', '1_0', 'true', 'inf', '1e', '٢', '.'];

  it.each<readonly [{ readonly kind: FeatureKind; readonly name: string }, unknown]>([
    ...noNumbers.map((value) => [FLOAT, value] as const),
    [FLOAT, [5]],
    [FLOAT, {}],
    [CATEGORY, 1.5],
    [CATEGORY, NaN],
    [CATEGORY, null],
    [CATEGORY, undefined],
    [CATEGORY, ['x']],
    [CATEGORY, 2 ** 53],
    [CATEGORY, 'half \ud83d'],
    [TEXT, 5],
    [TEXT, true],
    [TEXT, null],
  ])('refused: %j given %j', (feature, value) => {
    const read = (): unknown => toFeatureValue(feature, value, 'Row 7, ');
    expect(read).toThrow(
      expect.objectContaining({
        code: 'invalid-input',
        message: expect.stringMatching(
          `^Row 7, ${feature.kind} feature "${feature.name}": expected a .*, got `,
        ) as string,
      }),
    );
  });

  it('is not repeated in errors', () => {
    expect(() => toFeatureValue(FLOAT, 'A123BC77')).toThrow(/^(?!.*A123BC77)/);
  });
});
