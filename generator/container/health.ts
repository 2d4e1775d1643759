/** The container's health check: asks the metrics server of a `drive` in the same container. */
const port = process.env['METRICS_PORT'] ?? '9464';

fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) }).then(
  (answer) => process.exit(answer.ok ? 0 : 1),
  () => process.exit(1),
);
