import { createHmac } from 'node:crypto';
import { PlateSymbols } from './plate-symbols.js';
import { TEMPLATE_NAMES } from './template.js';
import { parseReading } from './parse-reading.js';
import type { ReadingRules } from './reading-rules.js';
import { readJson } from './read-json.js';

/** What a log line says of one plate. */
export interface PlatePseudonym {
  /** First 16 hex digits of HMAC-SHA256(key, plate in UTF-8). */
  readonly hmac: string;
  readonly template: string;
  /** In symbols (code points). */
  readonly length: number;
}

export interface ReadingPseudonyms {
  readonly camera: PlatePseudonym;
  readonly network: PlatePseudonym;
}

const HMAC_HEX_DIGITS = 16;

/**
 * Stands in for plates in logs. A plain hash would not do: there are some 10^8 plates, so that
 * each could be tried. Under a key, lines about one plate can be put together, and only who holds
 * the key can ask for a certain one.
 */
export class PlatePseudonyms {
  readonly #symbols = new PlateSymbols();

  constructor(
    private readonly key: string,
    private readonly rules: ReadingRules,
  ) {}

  /**
   * @param body a body of `POST /reg/`; it is parsed once more, which only lines that are written
   * pay for
   * @returns undefined where it is no good reading
   */
  of(body: Buffer): ReadingPseudonyms | undefined {
    const json = readJson(body);
    const parsed = json.ok ? parseReading(json.value, this.rules) : json;
    if (!parsed.ok) return undefined;
    const { regnoRecognize, aftsRegnoAi } = parsed.reading;
    return { camera: this.#of(regnoRecognize), network: this.#of(aftsRegnoAi) };
  }

  #of(plate: string): PlatePseudonym {
    this.#symbols.decode(plate);
    return {
      hmac: createHmac('sha256', this.key)
        .update(plate, 'utf8')
        .digest('hex')
        .slice(0, HMAC_HEX_DIGITS),
      template: (TEMPLATE_NAMES[this.#symbols.template()] ?? 'unknown').trim(),
      length: this.#symbols.length,
    };
  }
}
