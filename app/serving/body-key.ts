import { hash } from 'node:crypto';

/** Key of a body in this process: SHA-256 of its bytes, so that no two bodies share one. */
export function bodyKey(body: Buffer): string {
  return hash('sha256', body, 'base64url');
}
