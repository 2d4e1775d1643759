import { createOpenApiDocument } from '../../app/routes/openapi.js';
import { cliPage } from './cli-page.js';
import { configurationPage, envExample } from './configuration-page.js';
import { errorsPage } from './errors-page.js';
import { exampleDecisionModule } from './example-decision.js';
import { metricsPage } from './metrics-page.js';

/** A committed file that follows from the sources. */
export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly render: () => string | Promise<string>;
}

export const GENERATED_FILES: readonly GeneratedFile[] = [
  // First: the OpenAPI document quotes it.
  { path: 'app/routes/example-decision.ts', render: exampleDecisionModule },
  { path: 'docs/configuration.md', render: configurationPage },
  { path: '.env.example', render: envExample },
  { path: 'docs/metrics.md', render: metricsPage },
  { path: 'docs/errors.md', render: errorsPage },
  { path: 'docs/cli.md', render: cliPage },
  {
    path: 'docs/openapi.json',
    render: () => `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`,
  },
];
