import type { Command } from 'commander';

/** Adds `config` and `openapi`, which print what the service goes by. */
export function addDocumentCommands(program: Command): void {
  program
    .command('config')
    .summary('show the effective configuration')
    .description(
      'Shows what the environment makes of the service: every variable, its value and where it ' +
        'comes from. Secrets are never shown. All faults are named at once.',
    )
    .option('--json', 'in JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { describeConfig, formatConfig } = await import('./config-report.js');
      const settings = describeConfig(process.env);
      console.log(json === true ? JSON.stringify(settings, null, 2) : formatConfig(settings));
    });
  program
    .command('openapi')
    .summary('print the OpenAPI document')
    .description('Prints the OpenAPI 3.1 document that the service has at /openapi.json.')
    .action(async () => {
      const { createOpenApiDocument } = await import('../routes/openapi.js');
      console.log(JSON.stringify(createOpenApiDocument(), null, 2));
    });
}
