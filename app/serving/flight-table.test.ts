import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlightTable, type Flight } from './flight-table.js';

function flightOf(key: string): Flight {
  return { key, next: undefined };
}

describe('FlightTable', () => {
  it('holds what a Map holds, whatever is added and removed', () => {
    const keys = fc.constantFrom(...Array.from({ length: 40 }, (_, i) => `${i}-of-forty`));
    fc.assert(
      fc.property(fc.array(fc.tuple(keys, fc.boolean()), { maxLength: 300 }), (steps) => {
        const table = new FlightTable();
        const model = new Map<string, Flight>();
        for (const [key, adds] of steps) {
          const known = model.get(key);
          expect(table.get(key)).toBe(known);
          if (known !== undefined && !adds) {
            table.delete(known);
            model.delete(key);
          } else if (known === undefined && adds) {
            const flight = flightOf(key);
            table.add(flight);
            model.set(key, flight);
          }
        }
        for (const [key, flight] of model) expect(table.get(key)).toBe(flight);
      }),
    );
  });

  it('tells keys apart that fall into one bucket', () => {
    const table = new FlightTable();
    const [first, second] = ['same-start-1', 'same-start-2'];
    const flight = flightOf(first);
    table.add(flight);
    table.add(flightOf(second));
    expect(table.get(first)).toBe(flight);
    table.delete(flight);
    expect(table.get(first)).toBeUndefined();
    expect(table.get(second)?.key).toBe(second);
  });
});
