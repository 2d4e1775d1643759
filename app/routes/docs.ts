import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { static as serveStatic, type IRouter, type RequestHandler } from 'express';
import { refuse, sendJson } from './answer.js';

/** Files of Swagger UI that the page needs; they lie in its package, so the page works offline. */
const ASSETS = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>regno API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<style>body{margin:0;background:#fafafa}.swagger-ui .topbar{display:none}</style>
</head>
<body>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `window.ui = SwaggerUIBundle({
  url: '/openapi.json',
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
 * @param guard what a request must pass; without it the documentation is public
 */
export function mountDocs(
  app: IRouter,
  guard: RequestHandler = (_req, _res, next) => next(),
): void {
  // Loaded and made at the first request: a start need not pay for what few ask for.
  let openApi: string | undefined;
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

  app
    .route('/openapi.json')
    .all(guard)
    .get(async (req, res) => {
      req.routeTemplate = '/openapi.json';
      openApi ??= JSON.stringify((await import('./openapi.js')).createOpenApiDocument());
      sendJson(res, 200, openApi);
    })
    .all((_req, res) => refuse(res, 'method_not_allowed', undefined, ['allow', 'GET, HEAD']));
  app.use('/docs', guard, (req, res, next) => {
    req.routeTemplate = '/docs';
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      refuse(res, 'method_not_allowed', undefined, ['allow', 'GET, HEAD']);
      return;
    }
    res.setHeader('content-security-policy', SECURITY_POLICY);
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('referrer-policy', 'no-referrer');
    res.setHeader('x-request-id', req.requestId);
    next();
  });
  app.get('/docs', (_req, res) => void res.type('html').send(PAGE));
  app.get('/docs/start.js', (_req, res) => void res.type('js').send(START));
  const assets = serveStatic(folder, {
    index: false,
    maxAge: '1h',
    fallthrough: true,
    acceptRanges: false,
  });
  app.get('/docs/:file', (req, res, next) => {
    if (!ASSETS.has(req.params.file)) {
      next();
      return;
    }
    req.url = `/${req.params.file}`;
    // A page never sends these; failing them is an error of `send`'s that would end as a 500.
    delete req.headers['if-match'];
    delete req.headers['if-unmodified-since'];
    assets(req, res, next);
  });
}
