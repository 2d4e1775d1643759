import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { READING_FIELDS } from '../../app/plates/reading-fields.js';
import { pick, randomBelow, seededRandom } from './random.js';
import { makeReadings, type WireReading } from './readings.js';

/** Values that are of the wrong type, size or shape for most fields. */
const WRONG_VALUES: readonly unknown[] = [
  null, true, false, 0, -0, -1, 1e308, -1e308, 5e-324, 2 ** 53, '', ' ', '\0', 'null', 'NaN', '1e999',
  '-Infinity', '0x1F', '١٢', '\ud800', '\udfff\ud800', '\ufeff', '😀'.repeat(200), 'А'.repeat(300), [], {},
  [[]], [[[[1]]]], [null], [{}], ['a'], [1, 'b'], { length: 3 }, { toString: 1 }, '[', ']', '[,]', '[1,]',
  '{"a":1}', '9'.repeat(400), '-', '.', 'e5', '2024-00-00 00:00:00', '2024-02-30 25:61:61', '0000-01-01 00:00:00',
]; // prettier-ignore

/** Texts that stand where a number stands in JSON, though JSON has no such number. */
const WRONG_LITERALS = ['NaN', 'Infinity', '-', '01', '1.', '.5', '+1', '1e', '1e99999', '0x10', '1n', "'a'", 'undefined', '\u0001', '"\\x"', '"\\ud83d"', '"\n"', '/**/1']; // prettier-ignore

const NAMES = READING_FIELDS.map((field) => field.name);

type Make = (random: () => number, reading: WireReading) => string | Uint8Array;

const KINDS: readonly Make[] = [
  function truncated(random, reading) {
    const bytes = Buffer.from(JSON.stringify(reading));
    return bytes.subarray(0, randomBelow(random, bytes.length));
  },
  function flipped(random, reading) {
    const bytes = Buffer.from(JSON.stringify(reading));
    for (let i = 0; i <= randomBelow(random, 8); i++) {
      const at = randomBelow(random, bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << randomBelow(random, 8));
    }
    return bytes;
  },
  function wrongTypes(random, reading) {
    const wrong = { ...reading };
    for (let i = 0; i <= randomBelow(random, 4); i++) {
      wrong[pick(random, NAMES)] = pick(random, WRONG_VALUES);
    }
    return JSON.stringify(wrong);
  },
  function missing(random, reading) {
    const left = pick(random, NAMES);
    return JSON.stringify(Object.fromEntries(Object.entries(reading).filter(([n]) => n !== left)));
  },
  function wrongLiteral(random, reading) {
    const field = pick(random, ['direction', 'recognition_accuracy', 'camera_type']);
    const marked = JSON.stringify({ ...reading, [field]: '@' });
    return marked.replace('"@"', pick(random, WRONG_LITERALS));
  },
  function nested(random, reading) {
    const depth = 1 + randomBelow(random, 12_000);
    const open = pick(random, ['[', '{"a":']);
    const deep =
      open.repeat(depth) + (random() < 0.5 ? (open === '[' ? ']' : '}').repeat(depth) : '');
    const marked = JSON.stringify({ ...reading, [pick(random, NAMES)]: '@' });
    return random() < 0.5 ? deep : marked.replace('"@"', deep);
  },
  function longLists(random, reading) {
    const count = 257 + randomBelow(random, 3000);
    const list = Array.from({ length: count }, () => randomBelow(random, 10));
    const field = pick(random, ['afts_regno_ai_char_scores', 'afts_regno_ai_length_scores']);
    return JSON.stringify({ ...reading, [field]: random() < 0.5 ? list : JSON.stringify(list) });
  },
  function oddUnicode(random, reading) {
    const text = Array.from({ length: 1 + randomBelow(random, 60) }, () =>
      String.fromCharCode(0xd7f0 + randomBelow(random, 0x830)),
    ).join('');
    return JSON.stringify({ ...reading, [pick(random, NAMES)]: `${text}\ud800` });
  },
  function randomBytes(random) {
    return Uint8Array.from({ length: randomBelow(random, 2000) }, () => randomBelow(random, 256));
  },
  function spliced(random, reading) {
    const text = JSON.stringify(reading);
    const at = randomBelow(random, text.length);
    const junk = pick(random, [
      '{',
      '}',
      '[',
      '"',
      ',',
      ':',
      '\\',
      '\0',
      '\u2028',
      '//',
      'null',
      '{}',
    ]);
    return text.slice(0, at) + junk + text.slice(at);
  },
  function inStrings(random, reading) {
    let text = JSON.stringify(reading);
    for (let i = 0; i <= 1 + randomBelow(random, 3); i++) text = JSON.stringify(text);
    return text;
  },
  function otherValues(random, reading) {
    const value: unknown = pick(random, WRONG_VALUES);
    return JSON.stringify(random() < 0.5 ? value : [reading, value]);
  },
  function prototypes(random, reading) {
    const key = pick(random, [
      '__proto__',
      'constructor',
      'prototype',
      'hasOwnProperty',
      'toString',
    ]);
    return `{${JSON.stringify(key)}:${JSON.stringify(reading)}}`;
  },
  function tooLong(random, reading) {
    return JSON.stringify({ ...reading, extra: 'x'.repeat(32_768 + randomBelow(random, 20_000)) });
  },
];

/** Bodies that are, nearly all, no good readings; the same seed gives the same ones. */
export function* malformedBodies(count: number, seed: number): Generator<string | Uint8Array> {
  const random = seededRandom(seed);
  const readings = makeReadings(64, seed);
  for (let i = 0; i < count; i++) {
    const make = KINDS[i % KINDS.length];
    if (make !== undefined) yield make(random, pick(random, readings));
  }
}

const COMPRESSIONS = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
] as const;

/**
 * Compressed bodies: cut, flipped, spliced, with bytes behind, of too many bytes once decompressed,
 * and some whole ones.
 */
export function* damagedCompressions(count: number, seed: number) {
  const random = seededRandom(seed);
  const readings = makeReadings(64, seed);
  for (let i = 0; i < count; i++) {
    const [coding, compress] = pick(random, COMPRESSIONS);
    const long = random() < 0.1 ? ' '.repeat(randomBelow(random, 300_000)) : '';
    const whole = compress(JSON.stringify(pick(random, readings)) + long);
    yield { coding, body: damaged(random, whole, i % 6) };
  }
}

function damaged(random: () => number, whole: Buffer, way: number): Buffer {
  const at = randomBelow(random, whole.length);
  const bytes = Buffer.from(whole);
  switch (way) {
    case 0:
      return bytes;
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes]);
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << randomBelow(random, 8));
      return bytes;
  }
}

/** Bytes that are, nearly all, no HTTP request. */
export function* malformedRequests(count: number, seed: number): Generator<Uint8Array> {
  const random = seededRandom(seed);
  const [reading] = makeReadings(1, seed);
  const body = JSON.stringify(reading);
  const good = Buffer.from(
    `POST /reg/ HTTP/1.1\r\nhost: x\r\nx-api-key: 123321\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  const headBytes = good.indexOf('\r\n\r\n') + 4;
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.from(good);
    switch (i % 3) {
      case 0:
        for (let flip = 0; flip <= randomBelow(random, 6); flip++) {
          bytes[randomBelow(random, headBytes)] = randomBelow(random, 256);
        }
        yield bytes;
        break;
      case 1:
        yield Uint8Array.from({ length: 1 + randomBelow(random, 500) }, () =>
          randomBelow(random, 256),
        );
        break;
      default: {
        const at = randomBelow(random, headBytes);
        const junk = pick(random, [
          '\r',
          '\n',
          '\0',
          ' ',
          ':',
          '\r\n\r\n',
          '\r\n ',
          'transfer-encoding: chunked\r\n',
        ]);
        yield Buffer.concat([bytes.subarray(0, at), Buffer.from(junk), bytes.subarray(at)]);
      }
    }
  }
}
