import { ERROR_CODE_HEADER, REFUSALS, type RefusalCode } from '../../app/routes/refusal.js';
import { EXIT_CODES } from '../../app/cli/exit-codes.js';
import {
  MODEL_ERROR_ADVICE,
  REFUSAL_ADVICE,
  REGISTRY_ERROR_ADVICE,
  type Advice,
} from './error-advice.js';
import { generatedNote } from './generated-note.js';

/** docs/errors.md: every way in which something can fail by design, and what to do. */
export function errorsPage(): string {
  const refusals = Object.entries(REFUSALS).map(([code, { status, reason, text }]) => {
    const counted = code === 'draining' ? '' : `- Counted as: \`${reason}\`\n`;
    const facts = `- Status: ${status}\n- Text: \`${text}\`\n${counted}`;
    return section(code, REFUSAL_ADVICE[code as RefusalCode], facts);
  });
  const sectionsOf = (advice: Readonly<Record<string, Advice>>): string =>
    Object.entries(advice)
      .map(([code, one]) => section(code, one))
      .join('\n');
  return `${generatedNote('app/routes/refusal.ts and scripts/docs/error-advice.ts')}
# Errors

## Answers of the service

A request that fails is answered with its status and \`{"body": "<text>", "status": "fail"}\`, and carries \`x-request-id\`,
by which the log knows it. The header \`${ERROR_CODE_HEADER}\` holds one of the codes below: it is what a program should look at, as a
code keeps its meaning and a text may get better. A 503 says in \`Retry-After\` when to come back.

Codes that are alike are counted as one \`reason\` of the metric [regno_refusals_total](metrics.md#regno_refusals_total);
\`internal\` is counted by [regno_internal_errors_total](metrics.md#regno_internal_errors_total), and \`draining\` by nothing.

${refusals.join('\n')}
## Errors of a model

Reading, compiling and running a model end in a \`ModelError\` with one of these codes: in the log of a start that fails,
behind the message of the command line, and as \`error.code\` in the library.

${sectionsOf(MODEL_ERROR_ADVICE)}
## Errors of a registry

Shipping a model ends in a \`RegistryError\` with one of these codes.

${sectionsOf(REGISTRY_ERROR_ADVICE)}
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
