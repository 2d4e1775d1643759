import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { IRouter, RequestHandler } from 'express';
import { sendJson } from './answer.js';
import { loadAsset, sendAsset, type Asset } from './asset.js';
import { SWAGGER_FILES } from './swagger-files.js';
import { refuseMethod, resource } from './resource.js';

function pageOf(demoKey: string | undefined): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>regno API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<style>
body{margin:0;background:#fafafa}
.swagger-ui .topbar{display:none}
#key{max-width:1420px;margin:0 auto;padding:16px 20px;font:15px/1.5 sans-serif;color:#3b4151}
</style>
</head>
<body>
<p id="key">${keyHelp(demoKey)}</p>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
}

/** Readers get their key before the first 401. */
function keyHelp(demoKey: string | undefined): string {
  const howTo =
    'Press <b>Authorize</b> and paste it; it is sent as the header <code>x-api-key</code>.';
  return demoKey === undefined
    ? `Requests need a key: ask the operator of this service for yours. ${howTo}`
    : `This service takes the public demo key <code>${demoKey}</code>. ${howTo}`;
}

/** The address is absolute, since a relative one is refused to a page opened as http://user:key@host. */
const START = `window.ui = SwaggerUIBundle({
  url: location.origin + '/openapi.json',
  dom_id: '#ui',
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: true,
  validatorUrl: null,
});
`;

/** Nothing but what this page brings: no other host, no frame around it. */
const SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * `/openapi.json` and `/docs`, a page from which requests can be sent.
 *
 * @param demoKey the public key, where the service takes it
 * @param guard what a request must pass; without it the documentation is public
 */
export function mountDocs(
  app: IRouter,
  demoKey: string | undefined,
  guard: RequestHandler = (_req, _res, next) => next(),
): void {
  // Loaded and made at the first request: a start need not pay for what few ask for.
  let openApi: string | undefined;
  const page = pageOf(demoKey);
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

  resource(app, '/openapi.json', {
    guard,
    get: async (_req, res) => {
      openApi ??= JSON.stringify((await import('./openapi.js')).createOpenApiDocument());
      sendJson(res, 200, openApi);
    },
  });
  const refuseOtherMethod = refuseMethod('GET, HEAD');
  app.use('/docs', guard, (req, res, next) => {
    req.routeTemplate = '/docs';
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      refuseOtherMethod(req, res, next);
      return;
    }
    res.setHeader('content-security-policy', SECURITY_POLICY);
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('referrer-policy', 'no-referrer');
    res.setHeader('x-request-id', req.requestId);
    next();
  });
  app.get('/docs', (_req, res) => void res.type('html').send(page));
  app.get('/docs/start.js', (_req, res) => void res.type('js').send(START));
  const loaded = new Map<string, Promise<Asset>>();
  app.get('/docs/:file', async (req, res, next) => {
    const { file } = req.params;
    const type = SWAGGER_FILES.get(file);
    if (type === undefined) {
      next();
      return;
    }
    let asset = loaded.get(file);
    if (asset === undefined) {
      asset = loadAsset(join(folder, file), type);
      loaded.set(file, asset);
      // What could not be read, for want of descriptors perhaps, is tried again for the next who asks.
      asset.catch(() => loaded.delete(file));
    }
    sendAsset(req, res, await asset);
  });
}
