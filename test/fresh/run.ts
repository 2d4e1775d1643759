/**
 * `npm run test:fresh [-- --only start|test] [--node 24]`: makes a minimal Debian with nothing but
 * Node in it, copies the committed tree in, types the two commands of README.md as they stand there,
 * and asks the service for README's reading. Needs root and debootstrap. Its report goes to
 * bench/results, the commands' whole output to .cache/fresh.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reportHead, writeReport } from '../../tools/report.js';
import { run, waitFor } from '../containers/command.js';
import { ensureTree, installNode } from '../containers/debian-tree.js';
import { freePort } from '../../tools/free-port.js';
import { furnish, type } from './fresh-system.js';
import { readMachineSettings } from './machine-settings.js';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, '.cache/fresh');
const SUITE = 'bookworm';
const MINUTE_MS = 60_000;
const START_MS = 10 * MINUTE_MS;
const TEST_MS = 60 * MINUTE_MS;

interface Outcome {
  readonly typed: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly said: readonly string[];
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    node: { type: 'string', default: '24' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help === true) {
  console.log(
    'usage: npm run test:fresh [-- --only start|test] [--node 24]\n' +
      "Types README's two commands in a minimal Debian. Needs root and debootstrap; takes minutes.",
  );
  process.exit();
}
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const commands = [...readme.matchAll(/^(npm ci && npm (start|test))\b/gm)].map(
  ([, typed = '', name = '']) => ({ typed, name }),
);
if (commands.length !== 2) throw new Error('README.md does not show its two commands');

const pristine = await ensureTree(CACHE, SUITE, []);
const settings = await readMachineSettings();
const outcomes: Outcome[] = [];
for (const { typed, name } of commands) {
  if (values.only !== undefined && values.only !== name) continue;
  const tree = join(CACHE, `system-${name}`);
  rmSync(tree, { recursive: true, force: true });
  await run('cp', ['--archive', pristine, tree], { timeoutMs: MINUTE_MS });
  const node = await installNode(CACHE, tree, values.node);
  furnish(tree, ROOT, settings);
  console.log(`Debian ${SUITE}, Node ${node}: ${typed}`);
  outcomes.push(await (name === 'start' ? tryStart(tree, typed) : tryTest(tree, typed)));
  rmSync(tree, { recursive: true });
  console.log(outcomes.at(-1));
}
const commit = await run('git', ['rev-parse', '--short', 'HEAD'], {
  timeoutMs: MINUTE_MS,
  cwd: ROOT,
});
const report = {
  ...reportHead('test:fresh', ''),
  system: `Debian ${SUITE}, minimal (debootstrap), Node ${values.node} from npm; no init, root`,
  commit: commit.stdout.trim(),
  outcomes,
};
console.log(`written to ${writeReport('fresh', report)}`);
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;

/** Serves until Ctrl-C; by then README's reading must have had README's answer. */
async function tryStart(tree: string, typed: string): Promise<Outcome> {
  const startedAt = performance.now();
  const log = join(CACHE, 'start.log');
  const port = await freePort();
  const command = type(tree, typed, log, settings, { PORT: String(port) });
  try {
    const answer = await Promise.race([
      waitFor('an answer', START_MS, () => askForDecision(port)),
      command.ended.then((code) => `ended with ${code} before it served`),
    ]);
    const seconds = secondsSince(startedAt);
    command.interrupt();
    await command.ended;
    const end = /^.*"regno has stopped".*$/m.exec(readFileSync(log, 'utf8'))?.[0] ?? 'no drain';
    const said = [`POST /reg/ -> ${answer}`, `Ctrl-C -> ${end}`];
    return {
      typed,
      passed: readme.includes(answer) && end.includes('"exitCode":0'),
      seconds,
      said,
    };
  } finally {
    command.kill();
  }
}

async function tryTest(tree: string, typed: string): Promise<Outcome> {
  const startedAt = performance.now();
  const log = join(CACHE, 'test.log');
  const command = type(tree, typed, log, settings, { NO_COLOR: '1' });
  const timer = setTimeout(() => command.kill(), TEST_MS);
  const code = await command.ended;
  clearTimeout(timer);
  command.kill();
  const lines = readFileSync(log, 'utf8').split('\n');
  const said = lines.filter((line) => /^ *(Test Files|Tests) |^SKIPPED|^ *FAIL /.test(line));
  return { typed, passed: code === 0, seconds: secondsSince(startedAt), said };
}

/** README's own curl: the answer's text, undefined where there is none yet. */
async function askForDecision(port: number): Promise<string | undefined> {
  const body = /-d '(\{[\s\S]*?\})'/.exec(readme)?.[1] ?? '';
  const key = /x-api-key: (\w+)/.exec(readme)?.[1] ?? '';
  const answer = await fetch(`http://127.0.0.1:${port}/reg/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body,
  });
  return answer.ok ? answer.text() : undefined;
}

function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 1000);
}
