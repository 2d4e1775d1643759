import { createHash } from 'node:crypto';
import type { IRouter, RequestHandler } from 'express';
import { sendJson } from './answer.js';
import { askPrimary } from './metrics.js';
import { STATUS_SCRIPT } from './pages/status-script.js';
import { STATUS_STYLE } from './pages/status-style.js';
import { resource } from './resource.js';

/** The operator's view of the cluster, as the text of a JSON object. */
export type ReadStatus = () => Promise<string>;

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>regno status</title>
<link rel="icon" href="data:,">
<style>${STATUS_STYLE}</style>
</head>
<body>
<header>
<h1>regno</h1>
<p id="state" role="status">waiting for the first answer</p>
<p id="about"></p>
</header>
<main id="main"></main>
<noscript><p>This page needs JavaScript; /status.json has the same figures.</p></noscript>
<script>${STATUS_SCRIPT}</script>
</body>
</html>
`;

/** Nothing but what this page brings: its one style, its one script, its own service's figures. */
const SECURITY_POLICY =
  `default-src 'none'; script-src ${hashOf(STATUS_SCRIPT)}; style-src ${hashOf(STATUS_STYLE)}; ` +
  "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** `/status`, the operator's page, and `/status.json`, the figures behind it. */
export function mountStatus(app: IRouter, guard: RequestHandler, read: ReadStatus): void {
  resource(app, '/status', {
    guard,
    get: (req, res) => {
      res.writeHead(200, [
        'content-type',
        'text/html; charset=utf-8',
        'content-length',
        String(Buffer.byteLength(PAGE)),
        'content-security-policy',
        SECURITY_POLICY,
        'x-content-type-options',
        'nosniff',
        'referrer-policy',
        'no-referrer',
        'cache-control',
        'no-store',
        'x-request-id',
        req.requestId,
      ]);
      res.end(PAGE);
    },
  });
  resource(app, '/status.json', {
    guard,
    get: async (_req, res) => {
      sendJson(res, 200, await askPrimary(read), ['cache-control', 'no-store']);
    },
  });
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
