import type { Command } from 'commander';

interface CompileFlags {
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Adds `compile`. */
export function addCompileCommand(program: Command): void {
  program
    .command('compile')
    .summary('turn a CatBoost .cbm into one ONNX file')
    .description(
      'Turns a CatBoost model into one self-contained ONNX file: CTR tables, text calcers, trees ' +
        'and the sigmoid are inside. What cannot be compiled is refused by name.',
    )
    .argument('<model>', 'a .cbm as CatBoost saved it, or a folder with a manifest.json')
    .requiredOption(
      '-o, --out <file>',
      'where the ONNX file goes, whole or not at all; - is stdout',
    )
    .option('-f, --force', 'replace a file that is there')
    .option('--json', 'report in JSON')
    .addHelpText('after', HELP)
    .action(async (source: string, options: CompileFlags) => {
      const { compileModel, formatCompileReport } = await import('./compile-model.js');
      const report = await compileModel(source, options.out, options.force ?? false);
      // Standard output is for one of the two.
      const print = options.out === '-' ? console.error : console.log;
      print(options.json === true ? JSON.stringify(report, null, 2) : formatCompileReport(report));
    });
}

const HELP = `
Strings are hashed outside the graph; "regno score" and the library do that for you.
The same .cbm gives the same bytes. Check the result with "regno verify".

Example:
  regno compile model.cbm -o model.onnx`;
