import type { Request } from 'express';

export type BodyRead = (body: Buffer | undefined, outcome: 'whole' | 'too-large') => void;

/**
 * Collects a request's raw bytes under a limit. Calls back once; not at all where the client leaves.
 *
 * A body over the limit is refused at once, and what still comes of it is read and thrown away: were
 * the connection closed with bytes unread, the system would reset it, and a client that is still
 * writing would never see why. The server's time limit for a whole request bounds that.
 *
 * @param limitBytes a body of more bytes is `too-large`; it is not read at all where its length was
 * announced
 */
export function readBody(req: Request, limitBytes: number, done: BodyRead): void {
  if (Number(req.headers['content-length']) > limitBytes) {
    req.resume();
    done(undefined, 'too-large');
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;
  let tooLarge = false;
  req.on('data', (chunk: Buffer) => {
    if (tooLarge) return;
    bytes += chunk.length;
    if (bytes > limitBytes) {
      tooLarge = true;
      first = undefined;
      more = undefined;
      done(undefined, 'too-large');
    } else if (first === undefined) {
      first = chunk;
    } else {
      more ??= [first];
      more.push(chunk);
    }
  });
  req.on('end', () => {
    if (tooLarge) return;
    done(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, bytes), 'whole');
  });
}
