// Checks what Prometheus and Alertmanager will be given, by their own tools: the configuration, the
// rules, and the unit tests of every alert. `--install` fetches the tools from Debian where it may.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { answerHelp } from '../tools/help-option.mjs';

answerHelp(
  `usage: npm run monitoring [-- --install]
Checks the configuration, rules and alerts; --install fetches the tools by apt, as root.`,
  ['--install'],
);

const TOOLS = { promtool: 'prometheus', amtool: 'prometheus-alertmanager' };
const RULES = 'monitoring/rules';
const TESTS = 'monitoring/tests';

const missing = Object.keys(TOOLS).filter((tool) => !runs(tool));
if (missing.length > 0) provide(missing);
const files = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => `${folder}/${name}`);

check('promtool', ['check', 'config', 'prometheus.yml']);
check('promtool', ['check', 'rules', ...files(RULES)]);
check('amtool', ['check-config', 'monitoring/alertmanager.yml']);
check('promtool', ['test', 'rules', ...files(TESTS)]);

/** Installs the tools, or says what is missing and ends. */
function provide(tools) {
  const packages = tools.map((tool) => TOOLS[tool]);
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const allowed = process.argv.includes('--install') && process.getuid?.() === 0;
  if (!allowed || !runs('apt-get')) {
    console.error(`Missing: ${tools.join(', ')}. Needed to check monitoring/. As root: ${command}`);
    process.exit(1);
  }
  const [apt, ...args] = command.split(' ');
  for (const list of [['update', '-qq'], args]) {
    const { status } = spawnSync(apt, list, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) process.exit(status ?? 1);
  }
}

function runs(tool) {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;
}

function check(tool, args) {
  const startedAt = Date.now();
  const { status, stdout, stderr } = spawnSync(tool, args, { encoding: 'utf8' });
  const took = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (status === 0) {
    console.log(`ok ${took.padStart(6)} s  ${tool} ${args.join(' ')}`);
    return;
  }
  console.error(`${stdout}${stderr}\nFailed: ${tool} ${args.join(' ')}`);
  process.exit(status ?? 1);
}
