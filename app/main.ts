import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { takeSignals } from './early-signals.js';

/** Starts regno: this file is run by the primary process and, through `cluster`, by each worker. */
async function main(): Promise<void> {
  // Before anything is loaded, which takes longer than a signal may wait.
  const onSignal = takeSignals();
  // A terminal's signals reach the whole process group; the primary decides when a worker stops.
  if (!cluster.isPrimary) onSignal(() => undefined);
  const { ConfigError, loadConfig } = await import('./config/load-config.js');
  try {
    const config = loadConfig(process.env);
    if (cluster.isPrimary) {
      const { runPrimary } = await import('./primary.js');
      await runPrimary(config, fileURLToPath(import.meta.url), onSignal);
    } else {
      const { runWorker } = await import('./worker.js');
      await runWorker(config);
    }
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exit(1);
  }
}

void main();
