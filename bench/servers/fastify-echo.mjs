/** Fastify as its guide shows it: parses the JSON body and sends it back. */
import Fastify from 'fastify';
import { serveInCluster } from './cluster.mjs';

serveInCluster((port) => {
  const app = Fastify();
  app.post('/reg/', (request, reply) => {
    reply.send(request.body);
  });
  void app.listen({ port, host: '127.0.0.1' });
});
