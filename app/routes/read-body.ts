import type { Request } from 'express';

/**
 * Bytes over the limit that are read and thrown away before the answer. Closing at once, with the
 * rest unread, resets the connection, and the client never sees why.
 */
const DISCARD_BYTES_MAX = 1_048_576;

export type BodyRead = (body: Buffer | undefined, outcome: 'whole' | 'too-large') => void;

/**
 * Collects a request's raw bytes under a limit. Calls back once; not at all where the client leaves.
 *
 * @param limitBytes a body of more bytes is `too-large`, told by its length before it is read where
 * the client announced it
 */
export function readBody(req: Request, limitBytes: number, done: BodyRead): void {
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;
  let finished = false;
  const finish = (outcome: 'whole' | 'too-large'): void => {
    if (finished) return;
    finished = true;
    if (outcome === 'too-large') done(undefined, outcome);
    else if (more === undefined) done(first ?? Buffer.alloc(0), outcome);
    else done(Buffer.concat(more, bytes), outcome);
  };
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limitBytes) {
      first = undefined;
      more = undefined;
      if (bytes > limitBytes + DISCARD_BYTES_MAX) {
        req.closesConnection = true;
        finish('too-large');
      }
    } else if (first === undefined) {
      first = chunk;
    } else {
      more ??= [first];
      more.push(chunk);
    }
  });
  req.on('end', () => finish(bytes > limitBytes ? 'too-large' : 'whole'));
}
