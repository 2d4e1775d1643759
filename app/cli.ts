import { CommanderError } from 'commander';
import { CommandError } from './cli/command-error.js';
import { EXIT_CODES } from './cli/exit-codes.js';
import { unwritable } from './cli/output-file.js';
import { createProgram } from './cli/program.js';
import { printable } from './cli/text-format.js';
import { ConfigError } from './config/load-config.js';
import { ModelError } from './model/errors.js';
import { RegistryError } from './registry/registry-error.js';
import { InputError } from './rows/input-error.js';

const LINE_UNITS_MAX = 10_000;

/** The command line: `regno ...`. */
async function main(): Promise<void> {
  // A reader that has seen enough, such as head, closes the pipe; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT_CODES.ok);
    fail(unwritable('standard output', error).message);
    process.exit();
  });
  // With no reader there is nothing to say.
  process.stderr.on('error', () => undefined);
  try {
    await createProgram().parseAsync();
  } catch (error) {
    report(error);
  }
}

function report(error: unknown): void {
  if (error instanceof CommanderError) {
    // Help and version end here as well, with code 0; commander has written its own words already.
    process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  } else if (error instanceof CommandError) {
    fail(error.message, error.exitCode);
  } else if (error instanceof ModelError || error instanceof RegistryError) {
    fail(`${error.message} (${error.code})`);
  } else if (error instanceof InputError) {
    // Names of columns come from the file and the model.
    fail(printable(error.message, 4000));
  } else if (error instanceof ConfigError) {
    fail(error.message);
  } else {
    // A fault of regno itself: whoever reports it needs to know where.
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

function fail(message: string, exitCode: number = EXIT_CODES.failed): void {
  // Names from files stand in messages, and a terminal obeys control characters.
  const lines = message.split('\n').map((line) => printable(line, LINE_UNITS_MAX));
  console.error(`regno: ${lines.join('\n')}`);
  process.exitCode = exitCode;
}

await main();
