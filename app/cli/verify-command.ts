import { Option, type Command } from 'commander';
import { DEMO_KEY, loadReadingConfig, shippedModelPath } from '../config/load-config.js';
import { PATH_NAMES, type PathName } from './answer-path.js';
import { EXIT_CODES } from './exit-codes.js';
import { choices, encodingOption, integer, number, serviceUrl } from './option-parsers.js';

interface VerifyFlags {
  readonly model?: string;
  readonly expected: string;
  readonly tolerance: number;
  readonly through?: readonly PathName[];
  readonly encoding: string;
  readonly url: string;
  readonly key: string;
  readonly concurrency: number;
  readonly json?: boolean;
}

/** Adds `verify`. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .summary('compare answers with expected ones')
    .description(
      'Compares the probabilities that a model gives with expected ones, row by row, and reports the ' +
        'largest difference and the row it occurs in.',
    )
    .requiredOption('-e, --expected <rows.ndjson>', 'rows with their answers; - is standard input')
    .option('-m, --model <model>', 'a model folder, .cbm or .onnx (default: the shipped model)')
    .option('-t, --tolerance <p>', 'largest difference that passes', number(0, 1), 1e-12)
    .addOption(
      new Option(
        '--through <paths>',
        `some of ${PATH_NAMES.join(', ')}, separated by commas ` +
          '(default: reference,onnx; onnx for an .onnx)',
      ).argParser(choices(PATH_NAMES)),
    )
    .addOption(encodingOption())
    .option('-u, --url <url>', 'the service, for http', serviceUrl, 'http://127.0.0.1:5000/reg/')
    .addOption(
      new Option('-k, --key <key>', 'its x-api-key')
        .env('API_KEY')
        .default(DEMO_KEY, 'the demo key'),
    )
    .option('-c, --concurrency <n>', 'requests in flight at a time', integer(1, 256), 16)
    .option('--json', 'report in JSON')
    .addHelpText('after', HELP)
    .action(async (flags: VerifyFlags) => {
      const { createReadingRules } = await import('../plates/reading-rules.js');
      const { defaultPaths, verifyRows } = await import('./verify-rows.js');
      const rules = createReadingRules(loadReadingConfig(process.env));
      const model = flags.model ?? shippedModelPath();
      const through = flags.through ?? (await defaultPaths(model));
      const result = await verifyRows({ ...flags, model, rules, through });
      if (flags.json === true) {
        console.log(JSON.stringify(result, null, 2));
      } else {
        const { formatVerifyResult } = await import('./verify-report.js');
        console.log(formatVerifyResult(result));
      }
      if (!result.ok) process.exitCode = EXIT_CODES.failed;
    });
}

const HELP = `
Rows:    {"input": {the ten fields}, "expected": {"negative": p, "positive": q}} a line. Of a model
         that does not decide readings: {"input": {a value per feature}, "expected": {"class": p,
         ...}}; both may be arrays, in order, and regressions are expected as "prediction".
Paths:   reference  the model as read from the .cbm, evaluated plainly (needs a .cbm)
         onnx       the compiled graph in onnxruntime
         http       a running service, which serves whatever model it was given
Exit:    0 all rows agree; 1 a difference above the tolerance, a row without an answer, a bad line,
         or no rows at all; 2 wrong call.

Examples:
  regno verify --expected models/pick-regno/golden.ndjson
  regno verify --model model.cbm --expected rows.ndjson --through reference,onnx,http
  regno verify --expected rows.ndjson --through http --url http://regno.example/reg/ --key "$KEY"`;
