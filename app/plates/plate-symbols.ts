import { TEMPLATE_SYMBOLS_MAX, matchTemplate, symbolClass } from './template.js';

/** The symbols of one plate, decoded into memory that the next plate uses again. */
export class PlateSymbols {
  /** Code points; the first `length` are the plate's. */
  codePoints = new Uint32Array(64);
  length = 0;
  readonly #classes = new Uint8Array(TEMPLATE_SYMBOLS_MAX);

  /** @param plate without unpaired surrogates. */
  decode(plate: string): void {
    if (this.codePoints.length < plate.length) {
      this.codePoints = new Uint32Array(2 * plate.length);
    }
    const { codePoints } = this;
    let length = 0;
    for (let i = 0; i < plate.length; i++) {
      let codePoint = plate.charCodeAt(i);
      if (isSurrogate(codePoint)) codePoint = plate.codePointAt(i++) ?? 0;
      codePoints[length++] = codePoint;
    }
    this.length = length;
  }

  /** Index of the plate's template in `TEMPLATE_NAMES`. */
  template(): number {
    const classified = Math.min(this.length, TEMPLATE_SYMBOLS_MAX);
    for (let i = 0; i < classified; i++) {
      this.#classes[i] = symbolClass(this.codePoints[i] ?? 0);
    }
    return matchTemplate(this.#classes, this.length);
  }
}

/**
 * How many tokens the plate's text has: its symbols joined by spaces and split at spaces again,
 * which drops a symbol that is itself a space.
 *
 * @param plate without unpaired surrogates.
 */
export function countTokens(plate: string): number {
  let count = 0;
  for (let i = 0; i < plate.length; i++) {
    const unit = plate.charCodeAt(i);
    if (isSurrogate(unit)) i++;
    if (unit !== SPACE) count++;
  }
  return count;
}

/** The one symbol that is no token. */
export const SPACE = 0x20;

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}
