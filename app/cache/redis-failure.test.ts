import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REDIS_CAUSES, causeOf } from './redis-failure.js';

function error(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('causeOf', () => {
  it.each([
    [error('connect ECONNREFUSED 10.0.0.1:6379', 'ECONNREFUSED'), 'refused'],
    [error('getaddrinfo EAI_AGAIN cache', 'EAI_AGAIN'), 'unknown_host'],
    [error('wrong version number', 'EPROTO'), 'tls'],
    [error('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls'],
    [error('certificate has expired', 'CERT_HAS_EXPIRED'), 'tls'],
    [error('NOAUTH Authentication required.'), 'NOAUTH'],
    [error('READONLY You can’t write against a read only replica.'), 'READONLY'],
    [error('MOVED 1234 10.0.0.2:6379'), 'MOVED'],
    [error("CROSSSLOT Keys in request don't hash to the same slot"), 'MOVED'],
    [error('ERR DB index is out of range'), 'NO_SUCH_DATABASE'],
    [error("ERR unknown command 'GETRANGE', with args beginning with: "), 'UNKNOWN_COMMAND'],
    [error('ERR max number of clients reached'), 'MAXCLIENTS'],
    [error('Socket timeout. Expecting data'), 'timeout'],
    [error('DENIED Redis is running in protected mode'), 'DENIED'],
    [error('ERR anything else'), 'other'],
    [error('X'.repeat(1000)), 'other'],
    [error('constructor'), 'other'],
    [error('other'), 'other'],
    ['no error', 'other'],
    [undefined, 'other'],
  ])('of %s is %s', (failure, cause) => {
    expect(causeOf(failure)).toBe(cause);
  });
});

it('the runbook has all causes', () => {
  const runbook = readFileSync('monitoring/runbook.md', 'utf8');
  for (const [cause, hint] of Object.entries(REDIS_CAUSES)) {
    expect(runbook).toContain(`| \`${cause}\` | ${hint} |`);
  }
});
