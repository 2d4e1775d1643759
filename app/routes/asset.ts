import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';

/** A file of a page, as it is sent. */
export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

const compress = promisify(gzip);

/**
 * Reads a file to be kept in memory: streamed from the disk, every request would hold a descriptor
 * for as long as its client cares to read.
 */
export async function loadAsset(path: string, type: string): Promise<Asset> {
  const plain = await readFile(path);
  // Weak, as both encodings of the file share it.
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url')}"`;
  return { type, etag, plain, gzipped: await compress(plain) };
}

/** Sends a file, or 304 to who has it already; headers that were set before are kept. */
export function sendAsset(req: Request, res: Response, asset: Asset): void {
  res.setHeader('content-type', asset.type);
  res.setHeader('cache-control', 'public, max-age=3600');
  res.setHeader('etag', asset.etag);
  res.setHeader('vary', 'accept-encoding');
  const isGzip = req.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (isGzip) res.setHeader('content-encoding', 'gzip');
  res.send(isGzip ? asset.gzipped : asset.plain);
}
