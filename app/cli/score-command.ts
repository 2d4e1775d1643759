import { Option, type Command } from 'commander';
import { loadReadingConfig, shippedModelPath } from '../config/load-config.js';
import { EXIT_CODES } from './exit-codes.js';
import { ROW_FORMATS, type RowFormat } from '../rows/row.js';
import { encodingOption } from './option-parsers.js';
import { formatCount, formatSeconds, plural, printable } from './text-format.js';

interface ScoreFlags {
  readonly model?: string;
  readonly inputFormat?: RowFormat;
  readonly encoding: string;
  readonly decimalComma?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly format: RowFormat;
}

/** Adds `score`. */
export function addScoreCommand(program: Command): void {
  program
    .command('score')
    .summary('answer readings, or rows of any model, of a file')
    .description(
      'Answers readings: ten fields a line in; id, negative and positive (or an error) a line out, ' +
        'in the same order. A bad line gets its error and does not stop the rest. Other models ' +
        'answer rows of their own features.',
    )
    .argument('[input]', 'NDJSON, or CSV where the name ends in .csv; - is standard input', '-')
    .option('-m, --model <model>', 'a model folder, .cbm or .onnx (default: the shipped model)')
    .addOption(
      new Option('--input-format <format>', 'what the input is, whatever its name').choices(
        ROW_FORMATS,
      ),
    )
    .addOption(encodingOption())
    .option('--decimal-comma', 'numbers written as text have a decimal comma, e.g. 97,3')
    .option('-o, --out <file>', 'write to a file, which appears whole or not at all; - is stdout')
    .option('-f, --force', 'replace a file that is there')
    .addOption(
      new Option('--format <format>', 'what is written').choices(ROW_FORMATS).default('ndjson'),
    )
    .addHelpText('after', HELP)
    .action(async (input: string, flags: ScoreFlags) => {
      const { createReadingRules } = await import('../plates/reading-rules.js');
      const { scoreRows } = await import('./score-rows.js');
      const startedAt = performance.now();
      const { rows, bad, odd, warnings, modelWarnings } = await scoreRows({
        model: flags.model ?? shippedModelPath(),
        rules: createReadingRules(loadReadingConfig(process.env)),
        input,
        inputFormat: flags.inputFormat,
        encoding: flags.encoding,
        decimalComma: flags.decimalComma ?? false,
        out: flags.out,
        force: flags.force ?? false,
        format: flags.format,
      });
      const seconds = (performance.now() - startedAt) / 1000;
      for (const warning of modelWarnings) console.error(`regno: ${printable(warning, 500)}`);
      if (odd > 0) {
        const kinds = [...warnings].map(([kind, count]) => `${kind} ${formatCount(count)}`);
        console.error(
          `regno: ${formatCount(odd)} of ${plural(rows, 'row')} odd: ${kinds.join(', ')}; ` +
            'docs/readings.md explains each',
        );
      }
      if (bad > 0) {
        console.error(`regno: ${formatCount(bad)} of ${plural(rows, 'row')} could not be scored`);
        process.exitCode = EXIT_CODES.failed;
      } else if (process.stderr.isTTY) {
        console.error(`${plural(rows, 'row')} in ${formatSeconds(seconds)}`);
      }
    });
}

const HELP = `
Input:   NDJSON: {"regno_recognize": ..., the nine others} or {"input": {the ten fields}} a line.
         CSV: a header line with the ten names, separated by comma, semicolon or tab; a line such
         as sep=; may stand before it.
         A model that does not decide readings takes values of its own features instead: by name,
         or in their order as an array (in a CSV, where the model has no names for its features or
         several of one name, the columns but "id" in their order). null or an empty cell is a
         missing number; categories and texts are strings.
Id:      the row's own "id", exactly as it is written there; else the number of its line.
Output:  {"id": 1, "negative": 0.3, "positive": 0.7} or {"id": 2, "error": "..."} a line;
         with --format csv the columns id, negative, positive, error. Other models answer with the
         names of their classes and the "class" that their threshold decides for, or with
         "prediction" where they have none. In CSV a text that a spreadsheet would run as a formula
         begins with ' (and one that begins so already gets one more): drop one ' before any number
         of ' and one of = + - @, tab or line break.
Odd:     rows that are scored but can hardly be meant so are counted on standard error. REGNO_STRICT,
         REGNO_NORMALISE and REGNO_TIME_ZONE hold as for the service.
Exit:    0 all rows were scored, 1 some were not or there are none, 2 wrong call.

Examples:
  regno score readings.ndjson > answers.ndjson
  regno score --model model.cbm readings.csv --format csv --out answers.csv
  regno score --encoding windows-1251 --decimal-comma from-excel.csv
  zcat readings.ndjson.gz | regno score | jq -c 'select(.error)'`;
