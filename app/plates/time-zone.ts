import type { ReadingTime } from './reading.js';

/** Local time in a zone of the IANA data base, by the rules that this Node knows. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;
  /** Offsets in ms by the quarter of an hour: formatting a date takes some microseconds. */
  readonly #offsets = new Map<number, number>();

  /**
   * @param name e.g. `Europe/Moscow`
   * @throws RangeError for a name that is not known
   */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /**
   * The local time of an instant, or undefined before year 1 and after year 9999.
   *
   * @param at ms since 1970, UTC
   */
  localTime(at: number): ReadingTime | undefined {
    const local = new Date(at + this.#offsetAt(at));
    const year = local.getUTCFullYear();
    if (!(year >= 1 && year <= 9999)) return undefined;
    return {
      year,
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
    };
  }

  #offsetAt(at: number): number {
    // Since 1972 clocks are changed at full quarters of an hour.
    const quarter = Math.floor(at / QUARTER_MS);
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    const offset = this.#readOffset(quarter * QUARTER_MS);
    if (this.#offsets.size >= OFFSETS_MAX) this.#offsets.clear();
    this.#offsets.set(quarter, offset);
    return offset;
  }

  /** @param at whole seconds, in ms */
  #readOffset(at: number): number {
    const parts = new Map(this.#format.formatToParts(at).map(({ type, value }) => [type, value]));
    const field = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
    const year = parts.get('era') === 'BC' ? 1 - field('year') : field('year');
    const local = utcOf({
      year,
      month: field('month'),
      day: field('day'),
      hour: field('hour'),
      minute: field('minute'),
      second: field('second'),
    });
    return local - at;
  }
}

/** A time of UTC in ms since 1970; `Date.UTC` would take the years 0 to 99 for 1900 to 1999. */
export function utcOf({ year, month, day, hour, minute, second }: ReadingTime): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second);
}

const QUARTER_MS = 900_000;
const OFFSETS_MAX = 4096;
