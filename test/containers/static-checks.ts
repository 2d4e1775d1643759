import { join } from 'node:path';
import { run } from './command.js';
import type { Compose, ComposeService } from './compose.js';
import type { Engine } from './engine.js';

/** Programs whose `--help` lists every flag they take; a compose flag must be among them. */
const HELP_OF: Readonly<Record<string, string>> = {
  prometheus: '/usr/bin/prometheus',
  alertmanager: '/usr/bin/prometheus-alertmanager',
  'redis-exporter': '/usr/bin/prometheus-redis-exporter',
  'node-exporter': '/usr/bin/prometheus-node-exporter',
  'blackbox-exporter': '/usr/bin/prometheus-blackbox-exporter',
};

/** Services that may run without a restriction, and why. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // Reads other users' files to attribute disk usage, and the kernel's log to count what it killed.
  cadvisor: ['user', 'cap_add'],
  // Runs to its end and reports by its exit code.
  prove: ['healthcheck'],
};

/** Lints Dockerfile and compose file with the tools in `bin`. */
export async function lint(root: string, bin: string): Promise<string> {
  const compose = join(root, 'docker-compose.yml');
  const options = { timeoutMs: 60_000, cwd: root };
  await run(join(bin, 'hadolint'), [join(root, 'Dockerfile')], options);
  const schema = ['--builtin-schema', 'vendor.compose-spec'];
  await run(join(bin, 'check-jsonschema'), [...schema, compose], options);
  const rules =
    '{extends: default, rules: {line-length: {max: 110}, document-start: disable, ' +
    'braces: {max-spaces-inside: 1}}}';
  await run(
    join(bin, 'yamllint'),
    ['--strict', '-d', rules, compose, join(root, 'test/containers/override.yml')],
    options,
  );
  return 'hadolint, check-jsonschema (compose-spec) and yamllint found nothing';
}

/** @returns every way in which a service is less locked up than we promise; empty is good */
export function faultsOf(name: string, service: ComposeService): readonly string[] {
  const allowed = EXCEPTIONS[name] ?? [];
  // Our own images bring a user and a health check of their own.
  const ours = /^regno(-generator)?:/.test(service.image);
  const rules: readonly (readonly [string, boolean, string])[] = [
    ['image', ours || /:[\w.-]*\d/.test(service.image), 'a pinned version'],
    ['user', ours || service.user !== undefined, 'a user other than root'],
    ['read_only', service.read_only, 'a read-only root file system'],
    ['privileged', !service.privileged, 'no privileges'],
    ['cap_drop', service.cap_drop.includes('ALL'), 'all capabilities dropped'],
    ['cap_add', service.cap_add.length === 0, 'no capability added'],
    ['security_opt', service.security_opt.includes('no-new-privileges:true'), 'no-new-privileges'],
    ['mem_limit', service.mem_limit !== undefined, 'a memory limit'],
    ['cpus', service.cpus !== undefined, 'a limit of processor time'],
    ['pids_limit', service.pids_limit !== undefined, 'a limit of processes'],
    ['logging', service.logging?.options['max-size'] !== undefined, 'logs that rotate'],
    ['healthcheck', hasHealthCheck(service, ours), 'a health check'],
    ['ports', service.ports.every((port) => port.host_ip === '127.0.0.1'), 'loopback ports only'],
  ];
  return rules
    .filter(([key, holds]) => !holds && !allowed.includes(key))
    .map(([key, , expected]) => `${name}: ${key}: expected ${expected}`);
}

function hasHealthCheck(service: ComposeService, ours: boolean): boolean {
  if (service.healthcheck?.disable === true) return false;
  return ours || service.healthcheck !== undefined;
}

/** Checks every service of the compose file itself, without the override. */
export async function checkHardening(compose: Compose): Promise<string> {
  const services = await compose.services();
  const faults = [...services].flatMap(([name, service]) => faultsOf(name, service));
  if (faults.length > 0) throw new Error(`docker-compose.yml:\n  ${faults.join('\n  ')}`);
  const published = [...services].flatMap(([name, { ports }]) =>
    ports.map((port) => `${name} ${port.target}`),
  );
  return `${services.size} services locked up; published on loopback: ${published.join(', ')}`;
}

/** Holds each flag of the compose file against the `--help` of the program it is meant for. */
export async function checkCommandLines(compose: Compose, engine: Engine): Promise<string> {
  const services = await compose.services();
  const unknown: string[] = [];
  let checked = 0;
  for (const [name, program] of Object.entries(HELP_OF)) {
    const help = await helpOf(engine, `regno-stand-in/${name}`, program, '--help');
    for (const flag of flagsOf(services.get(name)?.command ?? [])) {
      checked += 1;
      if (!accepts(help, flag)) unknown.push(`${name}: ${flag}`);
    }
  }
  for (const name of ['generator', 'prove']) {
    const { image, command } = services.get(name) ?? {};
    if (image === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
    const subcommand = command?.[0] ?? '';
    const help = await helpOf(engine, image, undefined, subcommand, '--help');
    for (const flag of flagsOf(command ?? [])) {
      checked += 1;
      if (!accepts(help, flag)) unknown.push(`${name} (${subcommand}): ${flag}`);
    }
  }
  if (unknown.length > 0) throw new Error(`flags that no --help names: ${unknown.join(', ')}`);
  return `${checked} flags known to their programs; cAdvisor's not checked (no program here)`;
}

/** @returns the names of the long flags, without values */
export function flagsOf(command: readonly string[]): readonly string[] {
  return command
    .filter((word) => word.startsWith('--'))
    .map((word) => (word.split('=')[0] ?? '').slice(2));
}

/** Kingpin lists `--[no-]flag`, Go's flag package `-flag`, commander `--flag`. */
function accepts(help: string, flag: string): boolean {
  return new RegExp(`(^|[\\s,])--?(\\[no-\\])?${flag.replaceAll('.', '\\.')}([\\s=,]|$)`, 'm').test(
    help,
  );
}

async function helpOf(
  engine: Engine,
  image: string,
  program: string | undefined,
  ...args: readonly string[]
): Promise<string> {
  const entry = program === undefined ? [] : ['--entrypoint', program];
  const printed = await run(
    'docker',
    ['run', '--rm', '--network', 'none', ...entry, image, ...args],
    { timeoutMs: 60_000, env: engine.env, mayFail: true },
  );
  return printed.stdout + printed.stderr;
}
