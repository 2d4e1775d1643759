#!/usr/bin/env node
import { relative } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageVersion } from './machine.js';
import { addDriveCommand } from './drive-command.js';
import { addMaxCommand } from './max-command.js';
import { addProveCommand } from './prove-command.js';
import { endWithReader } from './standard-streams.js';
import { EXIT_CODES } from './verdict.js';

/** The load generator's command line. */
async function main(): Promise<void> {
  endWithReader();
  const program = new Command(commandName())
    .description(
      'Load generator of regno: proves what the service holds, and tells the truth about it.',
    )
    .version(packageVersion())
    .showHelpAfterError('(add --help for all options)')
    .exitOverride();
  addProveCommand(program);
  addMaxCommand(program);
  addDriveCommand(program);
  try {
    await program.parseAsync(withMaxAsCommand(process.argv.slice(2)), { from: 'user' });
  } catch (error) {
    // Help and version end here as well, with code 0; commander has written its own words already.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_CODES.usage;
  }
}

/** How this program is called from here, for help that can be typed. */
function commandName(): string {
  const path = relative('', process.argv[1] ?? '');
  return `${path.endsWith('.ts') ? 'npx tsx' : 'node'} ${path}`;
}

/** `--max` stands for the command `max`, with or without `prove` before it. */
function withMaxAsCommand(args: readonly string[]): string[] {
  if (!args.includes('--max')) return [...args];
  return ['max', ...args.filter((arg, i) => arg !== '--max' && !(i === 0 && arg === 'prove'))];
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = EXIT_CODES.usage;
});
