// HEALTHCHECK of the images, which have no curl: exit 0 when the address answers 2xx in time.
//
//   node health-check.mjs [PATH] [PORT]     default: /health/ready on $PORT or 5000 of $HOST
import { get } from 'node:http';

const path = process.argv[2] ?? '/health/ready';
const port = process.argv[3] ?? process.env.PORT ?? '5000';
// HOST and PORT are the service's: another program's port is asked for on the loopback address.
const host = process.argv[3] === undefined ? addressOf(process.env.HOST ?? '') : '127.0.0.1';
const TIMEOUT_MS = 2_500;

const request = get({ host, port, path, timeout: TIMEOUT_MS }, (response) => {
  const { statusCode } = response;
  end(statusCode >= 200 && statusCode < 300, `answered ${statusCode}`);
});
request.on('timeout', () => end(false, `no answer within ${TIMEOUT_MS} ms`));
request.on('error', (error) => end(false, error.message));

/** Who listens on all addresses is asked on the loopback one. */
function addressOf(listening) {
  if (['', '0.0.0.0'].includes(listening)) return '127.0.0.1';
  return listening === '::' ? '::1' : listening;
}

/** Docker keeps what is printed beside the state. */
function end(healthy, message) {
  console.log(`${path} on ${host} port ${port}: ${message}`);
  process.exit(healthy ? 0 : 1);
}
