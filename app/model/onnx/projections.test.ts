import { describe, expect, it } from 'vitest';
import type { Ir } from '../ir/ir.js';
import {
  codeBound,
  codeOf,
  collectProjections,
  hashCoefficients,
  isSingle,
} from './projections.js';

const M = 0x4906ba494954cb65n;
const fold = (terms: readonly bigint[]): bigint =>
  terms.reduce((hash, term) => BigInt.asUintN(64, M * (hash + M * term)), 0n);

describe('codes of CTR values', () => {
  const borders = Float64Array.of(-1, 0.5, 2);
  const values = [NaN, -5, -1, -0.5, 0.5, 1, 2, 3, Infinity];

  it.each(values)('are told apart by bounds as values are by borders, unseen %d', (unseen) => {
    for (const value of values) {
      for (const border of borders) {
        const code = codeOf(borders, value, unseen);
        expect(code > codeBound(borders, border, unseen)).toBe(value > border);
      }
    }
  });

  it('are 0 for what trees cannot tell from unseen', () => {
    expect(codeOf(borders, 0.7, 1.9)).toBe(0);
  });
});

describe('projections', () => {
  const ir: Pick<Ir, 'columns' | 'ctrTables'> = {
    columns: [
      { kind: 'one-hot', feature: 1, hash: -7 },
      { kind: 'ctr', table: 0, values: Float32Array.of(5, 0, 5), unseen: 0 },
      { kind: 'ctr', table: 1, values: Float32Array.of(5), unseen: 0 },
    ],
    ctrTables: [
      {
        categories: [1],
        conditions: [],
        // The last hash comes from no 32-bit number: no category can lead to it.
        hashes: BigUint64Array.of(fold([-7n]), fold([8n]), fold([2n ** 40n])),
      },
      { categories: [0, 1], conditions: [], hashes: BigUint64Array.of(fold([1n, 2n])) },
    ],
  };
  const projections = collectProjections(ir as Ir, () => Float64Array.of(1));

  it('put one-hot columns and CTRs of the same single category together', () => {
    expect(projections.map(({ columns }) => columns)).toEqual([[0, 1], [2]]);
    expect(projections.map(isSingle)).toEqual([true, false]);
  });

  it('find the category behind a hash, and keep only rows unlike an unseen one', () => {
    expect([...(projections[0]?.rows ?? [])]).toEqual([[-7n, Int32Array.of(1, 1)]]);
  });

  it('keep the hash itself for combinations', () => {
    expect([...(projections[1]?.rows.keys() ?? [])]).toEqual([fold([1n, 2n])]);
  });

  it('have hashes that are linear in their terms', () => {
    const terms = [-5n, 123456n, 1n];
    const sum = hashCoefficients(3).reduce(
      (hash, factor, i) => hash + factor * (terms[i] ?? 0n),
      0n,
    );
    expect(BigInt.asUintN(64, sum)).toBe(fold(terms));
  });
});
