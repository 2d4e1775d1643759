import { InvalidArgumentError, Option } from 'commander';
import { encodingName } from '../rows/decode-text.js';

/** Reads a number within limits. */
export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

/** Reads a whole number within limits. */
export function integer(min: number, max: number): (text: string) => number {
  const read = number(min, max);
  return (text) => {
    const value = read(text);
    if (Number.isInteger(value)) return value;
    throw new InvalidArgumentError('Expected a whole number.');
  };
}

/** Reads a comma-separated choice of `known`, without repetitions, in the order of `known`. */
export function choices<T extends string>(known: readonly T[]): (text: string) => readonly T[] {
  return (text) => {
    const named = text.split(',').map((part) => part.trim());
    const stranger = named.find((part) => !known.some((choice) => choice === part));
    if (stranger === undefined) return known.filter((choice) => named.includes(choice));
    throw new InvalidArgumentError(`Expected some of ${known.join(', ')}, separated by commas.`);
  };
}

/** Reads an HTTP URL; one without a path gets `/reg/`. */
export function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:5000/reg/');
  }
  if (url.pathname === '/' && url.search === '') url.pathname = '/reg/';
  return url.href;
}

/** `--encoding`, for commands that read rows. */
export function encodingOption(): Option {
  return new Option('--encoding <name>', 'of the input, e.g. windows-1251 or utf-16le')
    .argParser(encoding)
    .default('utf-8');
}

function encoding(text: string): string {
  try {
    return encodingName(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : '');
  }
}
