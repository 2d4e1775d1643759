import type { Command } from 'commander';
import { SETTINGS } from '../config/schema.js';
import { usageError } from './command-error.js';

const FLAGS = {
  port: '-p, --port <port>',
  host: '--host <address>',
  workers: '-w, --workers <n>',
  model: '-m, --model <model>',
  logLevel: '--log-level <level>',
} as const;

type Flag = keyof typeof FLAGS;

/** Adds `serve`. */
export function addServeCommand(program: Command): void {
  const command = program
    .command('serve')
    .summary('run the service')
    .description(
      'Runs the service until SIGTERM or Ctrl-C, as "npm start" does. Options stand for variables ' +
        'of the environment and win over them; see "regno config" for all of these.',
    );
  for (const flag of flags()) {
    const { env, about } = SETTINGS[flag];
    command.option(FLAGS[flag], `${about.replaceAll('`', '')} (${env})`);
  }
  command
    .addHelpText('after', HELP)
    .action(async (given: Readonly<Partial<Record<Flag, string>>>) => {
      for (const flag of flags()) {
        const value = given[flag];
        if (value === undefined) continue;
        const { success, error } = SETTINGS[flag].schema.safeParse(value);
        if (!success)
          throw usageError(`${FLAGS[flag]}: ${error.issues[0]?.message ?? 'not valid'}`);
        // The worker processes read the same environment.
        process.env[SETTINGS[flag].env] = value;
      }
      await import('../main.js');
    });
}

function flags(): readonly Flag[] {
  return Object.keys(FLAGS) as Flag[];
}

const HELP = `
Secrets (API_KEYS, REDIS_URL ...) are read from the environment only: other users of a machine
see its command lines.

Examples:
  regno serve
  API_KEYS=secret regno serve --port 8080 --workers 2 --model model.cbm`;
