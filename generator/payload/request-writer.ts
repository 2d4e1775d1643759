import type { Connection } from '../connection.js';
import type { RequestSource } from '../lane.js';
import type { Random } from '../random.js';
import type { BodySource } from './body-source.js';

export interface RequestWriterOptions {
  /** Where requests go; its path and query are sent as they are. */
  readonly url: URL;
  /** Used in turn. Not empty; an empty string sends no key. */
  readonly keys: readonly string[];
  /** More headers, name and value. */
  readonly headers: readonly (readonly [string, string])[];
  readonly bodies: BodySource;
  readonly random: Random;
  /** Share of requests that are made faulty on purpose, 0..1. */
  readonly faultyShare: number;
  /** Share of answers whose body is checked, 0..1. */
  readonly checkShare: number;
}

/** Writes whole HTTP requests, head and body, into a connection's buffer. */
export class RequestWriter implements RequestSource {
  readonly #heads: readonly Buffer[];
  readonly #wrongKeyHead: Buffer;
  readonly #bytesMax: number;
  readonly #checkEvery: number;
  #sent = 0;

  constructor(private readonly options: RequestWriterOptions) {
    this.#heads = options.keys.map((key) => head(options, key));
    this.#wrongKeyHead = head(options, 'not-a-key');
    const headBytes = Math.max(
      this.#wrongKeyHead.length,
      ...this.#heads.map((bytes) => bytes.length),
    );
    this.#bytesMax = headBytes + LENGTH_BYTES_MAX + options.bodies.bodyBytesMax;
    this.#checkEvery = options.checkShare > 0 ? Math.max(1, Math.round(1 / options.checkShare)) : 0;
  }

  write(connection: Connection): number {
    const { faultyShare, random } = this.options;
    connection.reserve(this.#bytesMax + LENGTH_BYTES_MAX);
    connection.checked = this.#checkEvery > 0 && this.#sent % this.#checkEvery === 0;
    connection.expectsRefusal = faultyShare > 0 && random.chance(faultyShare);
    const keyHead = this.#heads[this.#sent % this.#heads.length] ?? this.#wrongKeyHead;
    this.#sent += 1;
    if (!connection.expectsRefusal) return this.#writeGood(connection.buffer, keyHead);
    connection.checked = false;
    return this.#writeFaulty(connection.buffer, keyHead);
  }

  #writeGood(buffer: Buffer, keyHead: Buffer): number {
    // The body goes in first, to a place that leaves room for the head, whose length depends on it.
    const bodyAt = keyHead.length + LENGTH_BYTES_MAX;
    const length = this.options.bodies.copyNext(buffer, bodyAt);
    return join(buffer, keyHead, bodyAt, length);
  }

  #writeFaulty(buffer: Buffer, keyHead: Buffer): number {
    const kind = this.options.random.below(3);
    const usedHead = kind === 0 ? this.#wrongKeyHead : keyHead;
    const bodyAt = usedHead.length + LENGTH_BYTES_MAX;
    let length = this.options.bodies.copyNext(buffer, bodyAt);
    const isCut = kind === 1 || (kind === 2 && !hideTime(buffer.subarray(bodyAt, bodyAt + length)));
    if (isCut) length = Math.floor(length / 2);
    return join(buffer, usedHead, bodyAt, length);
  }
}

/** Room for the digits of the length and the blank line. */
const LENGTH_BYTES_MAX = 16;

function head(options: RequestWriterOptions, key: string): Buffer {
  const { url, headers } = options;
  const lines = [
    `POST ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'User-Agent: regno-generator',
    'Content-Type: application/json',
    ...(key === '' ? [] : [`x-api-key: ${key}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    'Content-Length: ',
  ];
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/**
 * Without its name the field is missing; the body is still JSON, or a string of JSON.
 *
 * @returns false where the name is not found, so that nothing is made faulty
 */
function hideTime(body: Buffer): boolean {
  const first = body.indexOf('time_check', 0, 'latin1');
  for (let at = first; at >= 0; at = body.indexOf('time_check', at, 'latin1')) body[at] = 0x2d;
  return first >= 0;
}

/** Writes head, length and blank line before the body, and moves the body up against them. */
function join(buffer: Buffer, headBytes: Buffer, bodyAt: number, length: number): number {
  headBytes.copy(buffer, 0);
  let at = headBytes.length;
  let unit = 1;
  while (unit * 10 <= length) unit *= 10;
  for (; unit >= 1; unit /= 10) {
    buffer[at] = 0x30 + (Math.floor(length / unit) % 10);
    at += 1;
  }
  buffer[at] = 0x0d;
  buffer[at + 1] = 0x0a;
  buffer[at + 2] = 0x0d;
  buffer[at + 3] = 0x0a;
  at += 4;
  buffer.copyWithin(at, bodyAt, bodyAt + length);
  return at + length;
}
