import type { Command } from 'commander';
import { createProgram } from '../../app/cli/program.js';
import { generatedNote } from './generated-note.js';

/** docs/cli.md: the help of every command. */
export function cliPage(): string {
  const program = createProgram();
  return `${generatedNote('app/cli/')}
# Command line

\`npx regno\` in a checkout builds first where that is needed; in a project of your own, \`npm i /path/to/regno\`
brings the same command.

\`\`\`
${helpOf(program)}
\`\`\`

${program.commands.map((command) => section(command, 'regno')).join('\n')}`;
}

function section(command: Command, parent: string): string {
  const name = `${parent} ${command.name()}`;
  const parts = command.commands.map((one) => section(one, name));
  return [`## ${name}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`, ...parts].join('\n');
}

/** All of the help, with what was added before and after. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.outputHelp();
  return text.trimEnd();
}
