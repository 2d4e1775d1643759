import type { ProveResult } from './prove.js';

/** One self-contained page. */
export function htmlReport(result: ProveResult): string {
  return `<pre>${JSON.stringify(result)}</pre>`;
}
