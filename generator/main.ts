#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { packageVersion } from './machine.js';
import { addProveCommand } from './prove-command.js';
import { EXIT_CODES } from './verdict.js';

/** The load generator's command line. */
async function main(): Promise<void> {
  const program = new Command('regno-generator')
    .description(
      'Load generator of regno: proves what the service holds, and tells the truth about it.',
    )
    .version(packageVersion())
    .showHelpAfterError('(add --help for all options)')
    .exitOverride();
  addProveCommand(program);
  try {
    await program.parseAsync();
  } catch (error) {
    // Help and version end here as well, with code 0; commander has written its own words already.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_CODES.usage;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT_CODES.usage;
});
