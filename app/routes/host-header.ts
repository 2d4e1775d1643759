import type { IncomingMessage } from 'node:http';

/** A name, an IPv4 address or an IPv6 address in brackets, perhaps with a port; or nothing. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d{0,5})?$/i;

/** Clients send the same one with every request. */
let lastValid = '';

/** What is wrong with a request's `Host`, for which RFC 9112, 3.2 wants a 400; undefined for nothing. */
export function hostFault(req: IncomingMessage): string | undefined {
  const { host } = req.headers;
  if (host === undefined) {
    return req.httpVersionMinor === 1 ? 'HTTP/1.1 requires a Host header' : undefined;
  }
  if (hasSeveralHosts(req.rawHeaders)) return 'expected one Host header';
  if (host === lastValid) return undefined;
  if (!HOST.test(host)) return 'expected a host and perhaps a port in the Host header';
  lastValid = host;
  return undefined;
}

/** @param rawHeaders names and values in turn; `headers` keeps the first of several only */
function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}
