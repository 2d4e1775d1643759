import { SETTINGS } from '../../app/config/schema.js';
import { generatedNote } from './generated-note.js';

interface PageSetting {
  readonly env: string;
  readonly about: string;
  readonly unit?: string;
  readonly secret?: true;
  readonly fallback?: string;
  readonly fallbackNote?: string;
  readonly schema: (typeof SETTINGS)[keyof typeof SETTINGS]['schema'];
}

const settings: readonly PageSetting[] = Object.values(SETTINGS);

/** docs/configuration.md: every setting of the service. */
export function configurationPage(): string {
  return `${generatedNote('app/config/schema.ts')}
# Configuration

The service reads its environment once, at the start. All faults are named at once, never with values, and
end the start with exit code 1; an empty variable counts as absent. Names that start with \`REGNO_\` and
are not listed here are refused, so that a misspelt one does not go unseen.

\`npx regno config\` shows what the environment makes of the service. [.env.example](../.env.example) is a
file to start from.

| variable | default | |
|---|---|---|
${settings.map(indexRow).join('\n')}

${settings.map(section).join('\n')}`;
}

/** .env.example: every setting, commented out, with its default. */
export function envExample(): string {
  const intro = [
    'Settings of the service; docs/configuration.md says more of each.',
    'Copy this to .env, uncomment what you change, and start with:',
    '  set -a; . ./.env; set +a; npm start',
    'Made by "npm run sync:docs" from app/config/schema.ts; change that, not this.',
  ];
  const blocks = settings.map((setting) => {
    const words = setting.about.replaceAll('`', '');
    const unset =
      setting.fallbackNote === undefined ? [] : [`Unset: ${plain(setting.fallbackNote)}.`];
    const lines = [...wrap(words, 96), ...unset].map((line) => `# ${line}`);
    return [...lines, `#${setting.env}=${setting.fallback ?? ''}`].join('\n');
  });
  return `${intro.map((line) => `# ${line}`).join('\n')}\n\n${blocks.join('\n\n')}\n`;
}

function indexRow({ env, about, fallback, fallbackNote }: PageSetting): string {
  const value = fallbackNote ?? (fallback === undefined ? '' : `\`${fallback}\``);
  return `| [${env}](#${env.toLowerCase()}) | ${value} | ${firstSentence(about)} |`;
}

function firstSentence(about: string): string {
  return about.split(/\. (?=[A-Z])|; /)[0]?.replace(/\.$/, '') ?? '';
}

function section(setting: PageSetting): string {
  const { env, about, unit, secret, fallback, fallbackNote } = setting;
  const facts = [
    fallbackNote ?? (fallback === undefined ? undefined : `\`${fallback}\``),
    unit,
    acceptedBy(setting),
    secret === undefined ? undefined : 'yes: its value is never printed',
  ];
  const names = ['Default', 'Unit', 'Accepted', 'Secret'];
  const list = facts.flatMap((fact, i) =>
    fact === undefined ? [] : [`- ${names[i] ?? ''}: ${fact}`],
  );
  return `## ${env}\n\n${about}\n${list.length > 0 ? `\n${list.join('\n')}\n` : ''}`;
}

/** What a value must be, in the schema's own words: those with which it refuses a wrong one. */
function acceptedBy({ schema }: PageSetting): string | undefined {
  const message = schema.safeParse('\0').error?.issues[0]?.message;
  return message?.replace(/^expected /, '');
}

function plain(text: string): string {
  return text.replaceAll('`', '');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
