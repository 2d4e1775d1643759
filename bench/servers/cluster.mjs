import cluster from 'node:cluster';

/** Runs `serve(port)` in as many processes as WORKERS says, as regno does. */
export function serveInCluster(serve) {
  if (!cluster.isPrimary) {
    serve(Number(process.env.PORT));
    return;
  }
  for (let i = 0; i < Number(process.env.WORKERS); i += 1) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
    process.exit(0);
  });
}
