import type { Command } from 'commander';

/** Adds `compile`. */
export function addCompileCommand(program: Command): void {
  program
    .command('compile')
    .summary('turn a CatBoost .cbm into one ONNX file')
    .description(
      'Turns a CatBoost model into one self-contained ONNX file: CTR tables, text calcers, trees ' +
        'and the sigmoid are inside. What cannot be compiled is refused by name.',
    )
    .argument('<model.cbm>', 'the model as CatBoost saved it')
    .requiredOption('-o, --out <file>', 'where the ONNX file goes; it appears whole or not at all')
    .option('-f, --force', 'replace a file that is there', false)
    .option('--json', 'report in JSON', false)
    .addHelpText('after', HELP)
    .action(async (source: string, options: { out: string; force: boolean; json: boolean }) => {
      const { compileModel, formatCompileReport } = await import('./compile-model.js');
      const report = await compileModel(source, options.out, options.force);
      console.log(options.json ? JSON.stringify(report, null, 2) : formatCompileReport(report));
    });
}

const HELP = `
Strings are hashed outside the graph; "regno score" and the library do that for you.
The same .cbm gives the same bytes. Check the result with "regno verify".

Example:
  regno compile model.cbm -o model.onnx`;
