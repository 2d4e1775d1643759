// Answers in place of Grafana or cAdvisor: their health check, and a /metrics with one sample.
import { createServer } from 'node:http';

const [name, port] = process.argv.slice(2);

createServer((request, response) => {
  if (request.url === '/metrics') {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    const metric = `${name}_placeholder`;
    response.end(`# HELP ${metric} Not the real ${name}.\n# TYPE ${metric} gauge\n${metric} 1\n`);
    return;
  }
  response.statusCode = ['/api/health', '/healthz'].includes(request.url) ? 200 : 404;
  response.end();
}).listen(Number(port));

process.on('SIGTERM', () => process.exit(0));
