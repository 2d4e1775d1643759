import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IRouter, RequestHandler } from 'express';
import { sendJson } from './answer.js';
import { askPrimary } from './metrics.js';
import { resource } from './resource.js';

/** The operator's view of the cluster, as the text of a JSON object. */
export type ReadStatus = () => Promise<string>;

/** `/status`, the operator's page, and `/status.json`, the figures behind it. */
export function mountStatus(app: IRouter, guard: RequestHandler, read: ReadStatus): void {
  const { html, securityPolicy } = makePage();
  resource(app, '/status', {
    guard,
    get: (req, res) => {
      res.writeHead(200, [
        'content-type',
        'text/html; charset=utf-8',
        'content-length',
        String(Buffer.byteLength(html)),
        'content-security-policy',
        securityPolicy,
        'x-content-type-options',
        'nosniff',
        'referrer-policy',
        'no-referrer',
        'cache-control',
        'no-store',
        'x-request-id',
        req.requestId,
      ]);
      res.end(html);
    },
  });
  resource(app, '/status.json', {
    guard,
    get: async (_req, res) => {
      sendJson(res, 200, await askPrimary(read), ['cache-control', 'no-store']);
    },
  });
}

/** The page is one answer: its style and script stand in it, and nothing else may run in it. */
function makePage(): { readonly html: string; readonly securityPolicy: string } {
  const [style, script] = [readPageFile('status.css'), readPageFile('status.js')];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>regno status</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<h1>regno</h1>
<p id="state" role="status">waiting for the first answer</p>
<p id="about"></p>
</header>
<main id="main"></main>
<noscript><p>This page needs JavaScript; /status.json has the same figures.</p></noscript>
<script type="module">${script}</script>
</body>
</html>
`;
  const securityPolicy =
    `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; connect-src 'self'; ` +
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return { html, securityPolicy };
}

/** A file that the build copies as it is. */
function readPageFile(name: string): string {
  return readFileSync(new URL(`pages/${name}`, import.meta.url), 'utf8');
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
