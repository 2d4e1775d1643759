import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { ConfigError, loadConfig } from './config/load-config.js';

/** Starts regno: this file is run by the primary process and, through `cluster`, by each worker. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  if (cluster.isPrimary) {
    const { runPrimary } = await import('./primary.js');
    runPrimary(config, fileURLToPath(import.meta.url));
    return;
  }
  // A terminal's signals reach the whole process group; the primary decides when a worker stops.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  const { runWorker } = await import('./worker.js');
  await runWorker(config);
}

main().catch((error: unknown) => {
  const text = error instanceof ConfigError ? error.message : error;
  console.error(text);
  process.exit(1);
});
