import { EXIT_CODES } from './verdict.js';

/**
 * Lets the program end in order where nobody reads its output any more: a reader that has seen
 * enough, such as head, closes the pipe, which is no failure. Other faults of the output are.
 */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT_CODES.passed);
    process.stderr.write(`${unwritable('standard output', error)}\n`);
    process.exit(EXIT_CODES.usage);
  });
  // With no reader there is nothing to say.
  process.stderr.on('error', () => undefined);
}

/** What could not be written, why, and what to do. */
export function unwritable(name: string, cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return `${name} cannot be written (${reason}); correct the path, make room, or write to another place`;
}
