/** Where a secret was found. */
export interface Leak {
  readonly secret: string;
  /** How it was written: as it is, or in the encoding that hid it. */
  readonly form: string;
  readonly around: string;
}

const FORMS: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['\\u escapes', (text) => text.replaceAll(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => unit(hex))],
  ['percent', (text) => text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (bytes) => percent(bytes))],
  ['UTF-8 as Latin-1', (text) => text.replaceAll(/[\u0080-\u00ff]{2,}/g, (bytes) => latin(bytes))],
  ['JSON of a Buffer', (text) => text.replaceAll(/\[(\d{1,3}(?:,\d{1,3})+)\]/g, (_, list: string) => bytesOf(list))],
  ['base64', (text) => text.replaceAll(/[A-Za-z0-9+/_-]{8,}={0,2}/g, (code) => base64(code))],
  ['hex', (text) => text.replaceAll(/(?:[0-9a-f]{2}){6,}/gi, (code) => Buffer.from(code, 'hex').toString('utf8'))],
]; // prettier-ignore

const LETTER = /[\u0400-\u04ff]/;
const WORD = /[\dA-Za-z_\u0400-\u04ff]+/g;

/**
 * Looks for plates in a text, also where they are escaped or encoded. Plates without a Cyrillic
 * letter or with fewer than six symbols cannot be distinguished from any other number and are left out.
 */
export class PlateFinder {
  readonly #plates: ReadonlySet<string>;
  readonly #lengths: readonly number[];

  constructor(plates: Iterable<string>) {
    const plain = [...plates].filter((plate) => plate.length >= 6 && LETTER.test(plate));
    this.#plates = new Set(plain);
    this.#lengths = [...new Set(plain.map(({ length }) => length))];
  }

  get size(): number {
    return this.#plates.size;
  }

  find(text: string): Leak[] {
    return FORMS.flatMap(([form, decode]) => {
      const decoded = decode(text);
      // What a decoding leaves as it was has been looked at.
      if (form !== 'as it is' && decoded === text) return [];
      return this.#findIn(decoded, form);
    });
  }

  #findIn(text: string, form: string): Leak[] {
    const leaks: Leak[] = [];
    for (const { 0: word, index } of text.matchAll(WORD)) {
      if (!LETTER.test(word)) continue;
      for (const secret of this.#within(word)) {
        leaks.push({ secret, form, around: text.slice(Math.max(0, index - 80), index + 80) });
      }
    }
    return leaks;
  }

  #within(word: string): string[] {
    return this.#lengths.flatMap((length) =>
      Array.from({ length: Math.max(0, word.length - length + 1) }, (_, start) =>
        word.slice(start, start + length),
      ).filter((part) => this.#plates.has(part)),
    );
  }
}

/** Looks for other secrets, as they are and in base64, as HTTP Basic has them. */
export function findSecrets(secrets: readonly string[], text: string): Leak[] {
  const decoded = FORMS.find(([form]) => form === 'base64')?.[1](text) ?? '';
  return [...secrets].flatMap((secret) =>
    [text, decoded].flatMap((written, i) => {
      const at = written.indexOf(secret);
      if (at < 0) return [];
      const around = written.slice(Math.max(0, at - 80), at + 80);
      return [{ secret, form: i === 0 ? 'as it is' : 'base64', around }];
    }),
  );
}

function unit(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}

function percent(bytes: string): string {
  return Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8');
}

function latin(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function bytesOf(list: string): string {
  return Buffer.from(list.split(',').map(Number)).toString('utf8');
}

function base64(code: string): string {
  return Buffer.from(code, 'base64').toString('utf8');
}
