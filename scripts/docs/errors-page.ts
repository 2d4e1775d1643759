import { REFUSALS } from '../../app/routes/refusal.js';
import { EXIT_CODES } from '../../app/cli/exit-codes.js';
import { MODEL_ERROR_ADVICE, REFUSAL_ADVICE, type Advice } from './error-advice.js';
import { generatedNote } from './generated-note.js';

/** docs/errors.md: every way in which something can fail by design, and what to do. */
export function errorsPage(): string {
  const refusals = Object.entries(REFUSAL_ADVICE).map(([reason, advice]) => {
    const { status, text } = REFUSALS[reason as keyof typeof REFUSALS];
    return section(reason, advice, `- Status: ${status}\n- Text: \`${text}\`\n`);
  });
  const codes = Object.entries(MODEL_ERROR_ADVICE).map(([code, advice]) => section(code, advice));
  return `${generatedNote('app/routes/refusal.ts and scripts/docs/error-advice.ts')}
# Errors

## Answers of the service

A request that fails is answered with its status and \`{"body": "<text>", "status": "fail"}\`, and carries \`x-request-id\`,
by which the log knows it. A 503 says in \`Retry-After\` when to come back. Each reason below is also a value of the
label \`reason\` of the metric [regno_refusals_total](metrics.md#regno_refusals_total), except \`internal\`, which
[regno_internal_errors_total](metrics.md#regno_internal_errors_total) counts.

${refusals.join('\n')}
## Errors of a model

Reading, compiling and running a model end in a \`ModelError\` with one of these codes: in the log of a start that fails,
behind the message of the command line, and as \`error.code\` in the library.

${codes.join('\n')}
## Exit codes of the command line

| code | meaning |
|---|---|
| ${EXIT_CODES.ok} | done |
| ${EXIT_CODES.failed} | a verdict that fails, a bad line, or work that could not be done |
| ${EXIT_CODES.usage} | a wrong call; nothing was done |
| 130, 143, 129 | ended by Ctrl-C, SIGTERM or SIGHUP |
`;
}

function section(name: string, { about, advice }: Advice, facts = ''): string {
  return `### ${name}\n\n${about}\n\n${facts}- What to do: ${advice}\n`;
}
