import { createReadStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ModelFiles } from '../registry/model-files.js';

/** First line of what goes through the pipe; the files' bytes follow, one after the other. */
interface Header {
  readonly path: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

/** Hands a model to a worker that starts, through a pipe of its own: messages are JSON. */
export function sendModel(pipe: Writable, { path, files }: ModelFiles): void {
  // A worker that dies meanwhile is dealt with at its exit.
  pipe.on('error', () => undefined);
  const header: Header = {
    path,
    files: [...files].map(([name, bytes]) => ({ path: name, bytes: bytes.byteLength })),
  };
  pipe.write(`${JSON.stringify(header)}\n`);
  for (const bytes of files.values()) pipe.write(bytes);
  pipe.end();
}

/**
 * @param fd the worker's end of the pipe
 * @throws Error where the primary ended before it had sent all
 */
export async function receiveModel(fd: number): Promise<ModelFiles> {
  const received = await buffer(createReadStream('', { fd }));
  const headerEnd = received.indexOf('\n');
  const files = new Map<string, Uint8Array>();
  if (headerEnd < 0) throw incomplete();
  const header = JSON.parse(received.toString('utf8', 0, headerEnd)) as Header;
  let at = headerEnd + 1;
  for (const { path, bytes } of header.files) {
    files.set(path, received.subarray(at, at + bytes));
    at += bytes;
  }
  if (at !== received.length) throw incomplete();
  return { path: header.path, files };
}

function incomplete(): Error {
  return new Error('the primary ended before it had handed over the model');
}
