import type { Command } from 'commander';
import { CommandError } from './command-error.js';

/** Adds `inspect`. */
export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .summary('show what a model holds')
    .description(
      'Shows what a model holds: features, CTRs, trees, dictionaries, digest, and the operators of ' +
        'its ONNX graph (a .cbm is compiled for that, and nothing is written). Of a model that cannot ' +
        'be compiled it shows what can be read, and why it is refused.',
    )
    .argument('<model>', 'a .cbm, an .onnx or a folder with a manifest.json')
    .option('--json', 'everything in JSON')
    .addHelpText('after', HELP)
    .action(async (model: string, options: { json?: boolean }) => {
      const { inspectModel } = await import('./inspect-model.js');
      const report = await inspectModel(model);
      if (options.json === true) {
        console.log(JSON.stringify(report, null, 2));
      } else {
        const { formatModelReport } = await import('./inspect-report.js');
        console.log(formatModelReport(report));
      }
      if (report.refused !== undefined) {
        const { message, code } = report.refused;
        throw new CommandError(`${report.file}: ${message} (${code})`);
      }
    });
}

const HELP = `
"splits" counts the splits of trees that depend on a feature, also through its CTRs and calcers.
Exit:    0 regno runs this model, 1 it does not.

Examples:
  regno inspect model.cbm
  regno inspect models/pick-regno --json | jq .catboost.trees`;
