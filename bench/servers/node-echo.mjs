/** The floor: node:http, the body as it came, no framework and no parsing. */
import http from 'node:http';
import { serveInCluster } from './cluster.mjs';

serveInCluster((port) => {
  const server = http.createServer((req, res) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      res.end(body);
    });
  });
  server.listen(port, '127.0.0.1');
});
