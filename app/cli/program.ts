import { Command } from 'commander';
import { REGNO_VERSION } from '../version.js';
import { addCompileCommand } from './compile-command.js';
import { addDocumentCommands } from './document-commands.js';
import { addInspectCommand } from './inspect-command.js';
import { addModelsCommand } from './models-command.js';
import { addScoreCommand } from './score-command.js';
import { addServeCommand } from './serve-command.js';
import { addVerifyCommand } from './verify-command.js';

/**
 * The command line, not yet run. What a command needs is loaded when it runs, so that help is there
 * at once.
 */
export function createProgram(): Command {
  const program = new Command('regno')
    .description(
      'Decides which reading of a number plate to pick, the camera’s or the network’s: CatBoost ' +
        'models as single ONNX files, scored here or served over HTTP.',
    )
    .version(REGNO_VERSION, '-V, --version')
    // `models push` has a --version of its own.
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: false, helpWidth: 100 })
    .showHelpAfterError('(add --help for all options)')
    .addHelpText('after', HELP)
    .exitOverride();
  addServeCommand(program);
  addScoreCommand(program);
  addCompileCommand(program);
  addInspectCommand(program);
  addVerifyCommand(program);
  addModelsCommand(program);
  addDocumentCommands(program);
  return program;
}

const HELP = `
"regno help <command>" describes one in full. Results go to standard output, all else to standard error.
Exit codes: 0 done; 1 a verdict that fails, a bad line, or work that could not be done; 2 wrong call.

Start here:
  regno serve                                      then POST http://127.0.0.1:5000/reg/
  regno score readings.csv                         answers without a service
  regno compile model.cbm -o model.onnx            your own model`;
