import { InvalidArgumentError, Option, type Command } from 'commander';
import { encodingName } from '../app/rows/decode-text.js';
import type { LoadOptions } from './load-run.js';

/** The customer's demo key: the default outside production only. */
const DEMO_KEY = '123321';
export const DEFAULT_URL = 'http://127.0.0.1:5000/reg/';

/** The options that every command takes, as commander gives them. */
export interface CommonFlags {
  readonly url: readonly string[];
  readonly key?: readonly string[];
  readonly header: readonly (readonly [string, string])[];
  readonly connections: number;
  readonly connectionsMin: number;
  readonly threads: number;
  readonly timeout: number;
  readonly data?: string;
  readonly encoding: string;
  readonly decimalComma: boolean;
  readonly vary: boolean;
  readonly repeat: number;
  readonly faulty: number;
  readonly check: number;
  readonly seed: number;
  readonly spin: number;
}

/** Shares whose defaults differ between commands. */
export interface DefaultShares {
  readonly repeat: number;
  readonly faulty: number;
}

/** Adds the options that every command takes. */
export function addCommonOptions(command: Command, defaults: DefaultShares): Command {
  return command
    .addOption(
      new Option('-u, --url <url>', 'target; repeat it for several, which are used in turn')
        .argParser(collect(parseUrl))
        .default([], DEFAULT_URL),
    )
    .addOption(
      new Option('-k, --key <key>', 'x-api-key; repeat it for several, "" sends none').argParser(
        collect((text) => text),
      ),
    )
    .addOption(
      new Option('-H, --header <name:value>', 'one more header; may be repeated')
        .argParser(collect(parseHeader))
        .default([], 'none'),
    )
    .option('-c, --connections <n>', 'open connections at most', integer(1, 10_000), 64)
    .option('--connections-min <n>', 'connections opened before the start', integer(1, 10_000), 16)
    .option('-t, --threads <n>', 'threads that send', integer(1, 64), 1)
    .addOption(
      timeOption('--timeout <time>', 'time limit of a request, from its intended send', '10s'),
    )
    .option(
      '--data <file>',
      'send rows of a file: .csv with ten columns, or NDJSON (default: made up)',
    )
    .addOption(
      new Option('--encoding <name>', 'of --data, e.g. windows-1251 or utf-16le')
        .argParser(parseEncoding)
        .default('utf-8'),
    )
    .option('--decimal-comma', 'in --data, numbers written as text have a decimal comma', false)
    .option('--vary', 'with --data: new digits in every row sent, so that no cache knows it', false)
    .option(
      '--repeat <share>',
      'share of readings that were sent before, 0..1',
      share,
      defaults.repeat,
    )
    .option(
      '--faulty <share>',
      'share of requests made faulty on purpose, 0..1',
      share,
      defaults.faulty,
    )
    .option('--check <share>', 'share of answers whose body is checked, 0..1', share, 0.01)
    .option('--seed <n>', 'the same seed makes the same readings', integer(0, 2 ** 32), 1)
    .option(
      '--spin <ms>',
      'waits shorter than this are spun, not slept; 0 saves CPU',
      number(0, 1),
      0.5,
    );
}

/** The help of the options whose values need more words than a line. */
export const COMMON_HELP = `
Times:   500ms, 60s, 10m, 24h; a bare number is seconds. --spin is in ms.
Key:     --key, else the environment's API_KEY, else the demo key 123321 (not with NODE_ENV=production).
URL:     a URL without a path gets /reg/.
--data:  .csv: a header line with the ten field names, separated by comma, semicolon or tab. Any other
         name: one JSON object per line, the ten fields themselves or {"input": {ten fields}}; either
         may be a string of JSON. Files are read as by "regno score" and sent to the letter; one
         with a row that cannot be read is refused. Rows are sent in turn, again and again.
--faulty makes a cut body, a body without time_check, or a wrong key; a 4xx is then the right answer.
--check  asks for {"body":{"negative":p,"positive":q},"status":"ok"} with p + q = 1 within 1e-9.`;

/** What the sending side needs, from the flags. @throws Error where there is no key */
export function loadOptions(flags: CommonFlags, environment: NodeJS.ProcessEnv): LoadOptions {
  return {
    urls: flags.url.length > 0 ? flags.url : [DEFAULT_URL],
    keys: flags.key ?? [defaultKey(environment)],
    headers: flags.header,
    threads: flags.threads,
    connections: flags.connections,
    connectionsMin: Math.min(flags.connectionsMin, flags.connections),
    timeoutMs: flags.timeout,
    spinMs: flags.spin,
    bodies: {
      seed: flags.seed,
      dataFile: flags.data ?? null,
      encoding: flags.encoding,
      decimalComma: flags.decimalComma,
      vary: flags.vary,
      repeatShare: flags.repeat,
    },
    faultyShare: flags.faulty,
    checkShare: flags.check,
  };
}

/** Reads a time: a number with ms, s, m or h; a bare number is seconds. Gives ms. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  const ms = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? 's'] ?? NaN);
  if (!(ms > 0 && ms <= DURATION_MS_MAX)) {
    throw new InvalidArgumentError(
      'Expected a time such as 500ms, 60s, 10m or 24h, at most 1000h.',
    );
  }
  return ms;
}

/** As {@link duration}, and 0 is a time too. */
export function durationOrZero(text: string): number {
  return /^0+(\.0+)?(ms|s|m|h)?$/.test(text.trim()) ? 0 : duration(text);
}

/** An option that is a time; help shows its default as a person would write it. */
export function timeOption(
  flags: string,
  description: string,
  fallback: string,
  read: (text: string) => number = duration,
): Option {
  return new Option(flags, description).argParser(read).default(read(fallback), fallback);
}

/** A reader of numbers within limits. */
export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Reads a share of a whole. */
export const share = number(0, 1);

/** A reader of whole numbers within limits. */
export function integer(min: number, max: number): (text: string) => number {
  const read = number(min, max);
  return (text) => {
    const value = read(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError('Expected a whole number.');
    return value;
  };
}

/** Reads a limit: a number, or "none", which is Infinity (commander makes '' of null). */
export function limit(text: string): number {
  return text.trim().toLowerCase() === 'none' ? Infinity : number(0, 1e9)(text);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const DURATION_MS_MAX = 1_000 * 3_600_000;

function collect<T>(
  read: (text: string) => T,
): (text: string, before?: readonly T[]) => readonly T[] {
  return (text, before = []) => [...before, read(text)];
}

function parseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new InvalidArgumentError(`Expected a URL such as ${DEFAULT_URL}`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new InvalidArgumentError('Expected http:// or https://.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('A user in the URL is not supported; use --header.');
  }
  if (url.pathname === '/' && url.search === '') url.pathname = '/reg/';
  return url.href;
}

function parseEncoding(text: string): string {
  try {
    return encodingName(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : '');
  }
}

function parseHeader(text: string): readonly [string, string] {
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([\x20-\x7e]*)$/.exec(text);
  if (!match) throw new InvalidArgumentError('Expected "name: value" in plain ASCII.');
  return [match[1] ?? '', match[2] ?? ''];
}

function defaultKey(environment: NodeJS.ProcessEnv): string {
  const fromEnvironment = environment['API_KEY'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  if (environment['NODE_ENV'] === 'production') {
    throw new Error('No key: give --key or set API_KEY (with NODE_ENV=production).');
  }
  return DEMO_KEY;
}
