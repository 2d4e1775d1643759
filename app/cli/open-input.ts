import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { whyUnreadable } from '../registry/read-regular-file.js';
import { CommandError } from './command-error.js';
import type { RowFormat } from '../rows/row.js';

/** Bytes of a command's rows. */
export interface Input {
  readonly name: string;
  readonly format: RowFormat;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** 0 where nobody knows, as for a pipe. */
  readonly totalBytes: number;
  /** Bytes taken from `chunks` so far. */
  readonly bytesRead: () => number;
}

/**
 * Opens a file, or standard input for `-`.
 *
 * @param format undefined: by the name, `.csv` being CSV and all else NDJSON.
 * @throws CommandError where the file cannot be read.
 */
export async function openInput(path: string, format: RowFormat | undefined): Promise<Input> {
  if (path === '-') {
    if (process.stdin.isTTY) console.error('regno: reading rows from standard input ...');
    const chunks = process.stdin as AsyncIterable<Uint8Array>;
    return {
      name: 'standard input',
      format: format ?? 'ndjson',
      totalBytes: 0,
      ...counted(chunks),
    };
  }
  const totalBytes = await sizeOf(path);
  const byName = path.toLowerCase().endsWith('.csv') ? 'csv' : 'ndjson';
  return { name: path, format: format ?? byName, totalBytes, ...counted(chunksOf(path)) };
}

function counted(source: AsyncIterable<Uint8Array>): Pick<Input, 'chunks' | 'bytesRead'> {
  let bytes = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { chunks: chunks(), bytesRead: () => bytes };
}

async function sizeOf(path: string): Promise<number> {
  try {
    const info = await stat(path);
    if (!info.isDirectory()) return info.isFile() ? info.size : 0;
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw new CommandError(`${path} is a folder; expected a file of rows`);
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): CommandError {
  return new CommandError(`${path}: ${whyUnreadable(cause)}`, undefined, { cause });
}
