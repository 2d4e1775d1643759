// Trains the shipped model: makes the Python environment under .cache/ if it is not there, then
// runs training. With --check it trains beside the committed model and compares the two.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { answerHelp } from '../tools/help-option.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache');
const venv = join(cache, 'venv-train');
const requirements = join(root, 'training', 'requirements.txt');
const shipped = join(root, 'models', 'pick-regno');
const TOLERANCE = 1e-12;

/** Ends the process with a message that says what to do. */
function fail(message) {
  console.error(message);
  process.exit(1);
}

function run(command, args) {
  // A fixed hash seed and locale leave nothing of the caller's environment in the result.
  const env = { ...process.env, PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' };
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (done.error) fail(`${command} could not be started: ${done.error.message}`);
  if (done.status !== 0) fail(`${command} ${args.join(' ')} ended with ${done.status}.`);
}

/** The first Python that the pinned packages have wheels for. */
function findPython() {
  const test = 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else 1)';
  for (const name of [process.env.PYTHON, 'python3.11', 'python3', 'python3.12', 'python3.13']) {
    if (name && spawnSync(name, ['-c', test], { stdio: 'ignore' }).status === 0) return name;
  }
  return fail(
    'Training needs Python 3.11, 3.12 or 3.13 and found none on the PATH. Install one ' +
      '(on Debian: apt-get install python3 python3-venv) or name it: PYTHON=/path/to/python3.',
  );
}

/** The environment's Python; (re)made when requirements.txt is not the one it was made from. */
function preparePython() {
  const python = join(venv, 'bin', 'python');
  const stamp = join(venv, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const ready = existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(python);
  if (!ready) {
    mkdirSync(cache, { recursive: true });
    console.log('Making the Python environment in .cache/venv-train (about a minute, once).');
    run(findPython(), ['-m', 'venv', '--clear', venv]);
    run(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      requirements,
    ]);
    writeFileSync(stamp, wanted);
  }
  return python;
}

function readGolden(folder) {
  const text = readFileSync(join(folder, 'golden.ndjson'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line));
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
}

/** The largest difference of a probability between two folders' golden readings. */
function largestGoldenDifference(before, after) {
  if (before.length === 0 || before.length !== after.length) {
    fail(`The golden readings are ${before.length} before and ${after.length} now.`);
  }
  let largest = 0;
  for (const [row, old] of before.entries()) {
    if (!isDeepStrictEqual(old.input, after[row].input)) {
      fail(`Golden reading ${row + 1} has another input now: the generator has changed.`);
    }
    for (const side of ['negative', 'positive']) {
      const difference = Math.abs(old.expected[side] - after[row].expected[side]);
      // Written so that NaN counts as a difference.
      if (!(difference <= largest)) largest = difference;
    }
  }
  return largest;
}

/** Compares a fresh training with the committed folder. */
function compare(fresh) {
  const difference = largestGoldenDifference(readGolden(shipped), readGolden(fresh));
  const [old, now] = [readManifest(shipped), readManifest(fresh)];
  const file = readFileSync(join(shipped, old.model.file));
  const digest = createHash('sha256').update(file).digest('hex');
  const faults = [];
  if (!(difference <= TOLERANCE)) {
    faults.push(`golden answers differ by up to ${difference}, at most ${TOLERANCE} is allowed`);
  }
  for (const part of ['metrics', 'featureImportance', 'features', 'training']) {
    if (!isDeepStrictEqual(old[part], now[part])) faults.push(`manifest: "${part}" differs`);
  }
  if (digest !== old.model.sha256) faults.push('model.cbm is not the file the manifest names');
  const bytes = digest === now.model.sha256 ? 'the same bytes' : 'other bytes (random ids inside)';
  console.log(`Golden answers: largest difference ${difference}. model.cbm: ${bytes}.`);
  if (faults.length > 0) fail(`Retraining gave another model:\n- ${faults.join('\n- ')}`);
  console.log('Retraining gave the committed model.');
}

function main() {
  answerHelp('usage: npm run train, or npm run train:check to compare only', ['--check']);
  const python = preparePython();
  if (!process.argv.includes('--check')) return run(python, ['-m', 'training.train']);
  const fresh = mkdtempSync(join(cache, 'train-check-'));
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  run(python, ['-m', 'training.train', '--out', fresh]);
  return compare(fresh);
}

main();
