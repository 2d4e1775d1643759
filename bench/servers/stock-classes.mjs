/**
 * Preloaded into regno (`node --import`), takes the request and response classes out of
 * `http.createServer`, so that Express works on stock objects: shows what the classes are worth.
 */
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';

const createServer = http.createServer;
http.createServer = (options, listener) => {
  const rest = { ...options };
  delete rest.IncomingMessage;
  delete rest.ServerResponse;
  return createServer(rest, listener);
};
syncBuiltinESMExports();
