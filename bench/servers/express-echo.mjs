/** Express as its guide shows it: express.json() and res.json(). */
import express from 'express';
import { serveInCluster } from './cluster.mjs';

serveInCluster((port) => {
  const app = express();
  app.use(express.json());
  app.post('/reg/', (req, res) => {
    res.json(req.body);
  });
  app.listen(port, '127.0.0.1');
});
