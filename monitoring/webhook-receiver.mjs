// Alertmanager's receiver in the demo: prints one JSON line for each alert that it receives.
// Replace it by a real one in monitoring/alertmanager.yml. Usage: node webhook-receiver.mjs [port]
import { createServer } from 'node:http';

const BODY_LIMIT_BYTES = 1_000_000;
const port = Number(process.argv[2] ?? 9095);

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(request.url === '/health' ? 200 : 405).end();
    return;
  }
  const chunks = [];
  let size = 0;
  request.on('data', (chunk) => {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) {
      response.writeHead(413).end();
      request.destroy();
      return;
    }
    chunks.push(chunk);
  });
  request.on('end', () => {
    response
      .writeHead(print(request.url, Buffer.concat(chunks).toString('utf8')) ? 200 : 400)
      .end();
  });
});

/** @returns whether the body was a notification */
function print(path, body) {
  let notification;
  try {
    notification = JSON.parse(body);
  } catch {
    return false;
  }
  if (!Array.isArray(notification?.alerts)) return false;
  for (const { status, startsAt, endsAt, labels, annotations } of notification.alerts) {
    const line = { time: new Date().toISOString(), to: path, status, startsAt, endsAt };
    console.log(JSON.stringify({ ...line, ...labels, ...annotations }));
  }
  return true;
}

server.requestTimeout = 5_000;
server.listen(port, '0.0.0.0', () => console.log(JSON.stringify({ listening: server.address() })));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => server.close());
