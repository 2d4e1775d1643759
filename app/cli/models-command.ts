import { Option, type Command } from 'commander';
import { integer, number } from './option-parsers.js';

interface Common {
  readonly registry: string;
  readonly json?: boolean;
}

interface ChangeFlags extends Common {
  readonly by?: string;
  readonly reason?: string;
}

interface PushFlags extends ChangeFlags {
  readonly name?: string;
  readonly version?: string;
  readonly golden?: string;
  readonly card?: string;
  readonly alias?: string;
  readonly budget?: number;
}

/** Adds `models`, the registry's commands. What they need is loaded when one runs. */
export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .summary('ship models: push, promote, roll back')
    .description(
      'Keeps versions of models in a registry, and says which one serves. A version never changes; ' +
        'an alias names one, and "champion" is what a service with MODEL=NAME@champion serves.',
    )
    .addHelpText('after', HELP);
  addPush(models);
  addReading(models);
  addFiles(models);
  addChanges(models);
}

function addPush(models: Command): void {
  withRegistry(models.command('push'))
    .summary('compile, prove and publish a model')
    .description(
      'Compiles a model, answers its golden readings as a worker does at its start, and publishes ' +
        'it as a new version, whole or not at all.',
    )
    .argument('<model>', 'a model folder, .cbm or .onnx')
    .option('--name <name>', 'of the model (default: as the manifest says, or the file’s)')
    .option('--version <version>', 'of the model (default: as the manifest says)')
    .option('--golden <rows.ndjson>', 'readings with right answers, in place of the manifest’s')
    .option('--card <file.md>', 'the model card (default: model-card.md beside the model)')
    .option('--alias <alias>', 'let an alias name it, e.g. challenger')
    .option('--budget <µs>', 'largest median time of one reading', number(1, 1e9))
    .option('--by <who>', 'who pushes (default: user@host)')
    .action(async (model: string, flags: PushFlags) => {
      const { pushModel } = await import('./models/actions.js');
      const { formatPush } = await import('./models/reports.js');
      print(flags, await pushModel(model, flags), formatPush);
    });
}

function addReading(models: Command): void {
  withRegistry(models.command('list'))
    .summary('list models, or the versions of one')
    .argument('[name]', 'of a model')
    .action(async (name: string | undefined, flags: Common) => {
      const { listModels, showModel } = await import('./models/actions.js');
      const { formatModels } = await import('./models/reports.js');
      const { registry } = flags;
      const all = name === undefined ? listModels(registry) : showModel(registry, name);
      print(flags, await all, (found) => formatModels([found].flat()));
    });
  withRegistry(models.command('show'))
    .summary('show a version: its files, features and golden readings')
    .argument('<name@ref>', 'a version or an alias; the champion without @')
    .action(async (reference: string, flags: Common) => {
      const { openRegistry } = await import('./models/actions.js');
      const { parseReference } = await import('../registry/model-reference.js');
      const { formatVersion } = await import('./models/reports.js');
      const found = await openRegistry(flags.registry).find(parseReference(reference));
      print(flags, found.manifest, formatVersion);
    });
  withRegistry(models.command('diff'))
    .summary('show what changes from one version to another')
    .description(
      'Compares features, sizes, the metrics that the manifests state, and the answers of both to ' +
        'their golden readings.',
    )
    .argument('<before>', 'a version or an alias, e.g. pick-regno@champion')
    .argument('<after>', 'the same')
    .action(async (before: string, after: string, flags: Common) => {
      const { diffModels } = await import('./models/diff.js');
      const { formatDiff } = await import('./models/reports.js');
      print(flags, await diffModels(flags.registry, before, after), formatDiff);
    });
  withRegistry(models.command('history'))
    .summary('show all changes of what serves')
    .argument('<name>', 'of a model')
    .action(async (name: string, flags: Common) => {
      const { openRegistry } = await import('./models/actions.js');
      const { formatHistory } = await import('./models/reports.js');
      const registry = openRegistry(flags.registry);
      await registry.assertKnown(name);
      print(flags, (await registry.deployment(name)) ?? null, formatHistory);
    });
}

function addFiles(models: Command): void {
  withRegistry(models.command('verify'))
    .summary('check every file of a version, and its golden readings')
    .argument('<name@ref>', 'a version or an alias')
    .action(async (reference: string, flags: Common) => {
      const { verifyModel } = await import('./models/actions.js');
      const { formatProof } = await import('./models/reports.js');
      print(flags, await verifyModel(flags.registry, reference), formatProof);
    });
  withRegistry(models.command('pull'))
    .summary('copy a version into a new folder')
    .argument('<name@ref>', 'a version or an alias')
    .requiredOption('-o, --out <folder>', 'which must not be there')
    .action(async (reference: string, flags: Common & { readonly out: string }) => {
      const { pullModel } = await import('./models/actions.js');
      const files = await pullModel(flags.registry, reference, flags.out);
      print(flags, { out: flags.out, files }, () => `${flags.out}: ${files.join(', ')}`);
    });
}

function addChanges(models: Command): void {
  withChange(models.command('promote'))
    .summary('make a version the champion')
    .argument('<name@ref>', 'a version or an alias')
    .action(async (reference: string, flags: ChangeFlags) => {
      const { changeBy, openRegistry } = await import('./models/actions.js');
      const { parseReference } = await import('../registry/model-reference.js');
      const { formatDeployment } = await import('./models/reports.js');
      const registry = openRegistry(flags.registry);
      const after = await registry.promote(parseReference(reference), changeBy(flags));
      print(flags, after, formatDeployment);
    });
  withChange(models.command('rollback'))
    .summary('make the champion before this one the champion again')
    .argument('<name>', 'of a model')
    .action(async (name: string, flags: ChangeFlags) => {
      const { changeBy, openRegistry } = await import('./models/actions.js');
      const { formatDeployment } = await import('./models/reports.js');
      const after = await openRegistry(flags.registry).rollback(name, changeBy(flags));
      print(flags, after, formatDeployment);
    });
  withChange(models.command('alias'))
    .summary('let an alias name a version')
    .argument('<name@ref>', 'a version or an alias; with --remove only the name counts')
    .argument('<alias>', 'e.g. challenger')
    .option('--remove', 'remove the alias')
    .action(async (reference: string, alias: string, flags: ChangeFlags & { remove?: boolean }) => {
      const { changeBy, openRegistry } = await import('./models/actions.js');
      const { parseReference } = await import('../registry/model-reference.js');
      const { formatDeployment } = await import('./models/reports.js');
      const registry = openRegistry(flags.registry);
      const found = parseReference(reference);
      const after =
        flags.remove === true
          ? await registry.removeAlias(found.name, alias, changeBy(flags))
          : await registry.setAlias(found, alias, changeBy(flags));
      print(flags, after, formatDeployment);
    });
  withRegistry(models.command('gc'))
    .summary('remove old versions')
    .description(
      'Removes all versions but the newest, and never one that an alias or the last champions name.',
    )
    .argument('<name>', 'of a model')
    .requiredOption('--keep <n>', 'how many versions and champions stay', integer(1, 10_000))
    .option('--dry-run', 'only show what would be removed')
    .action(async (name: string, flags: Common & { keep: number; dryRun?: boolean }) => {
      const { openRegistry } = await import('./models/actions.js');
      const isTrial = flags.dryRun === true;
      const removed = await openRegistry(flags.registry).collect(name, flags.keep, isTrial);
      print(flags, { removed, isTrial }, () =>
        removed.length === 0 ? 'nothing' : removed.join('\n'),
      );
    });
}

function withRegistry(command: Command): Command {
  return command
    .addOption(
      new Option('-r, --registry <folder>', 'where the versions are')
        .env('REGNO_REGISTRY')
        .default('registry')
        .argParser((place) => place || 'registry'),
    )
    .option('--json', 'in JSON');
}

function withChange(command: Command): Command {
  return withRegistry(command)
    .option('--reason <text>', 'kept in the history')
    .option('--by <who>', 'who changes it (default: user@host)');
}

function print<T>({ json }: Common, result: T, format: (result: T) => string): void {
  console.log(json === true ? JSON.stringify(result, null, 2) : format(result));
}

const HELP = `
Example:
  regno models push model-folder --registry ./registry
  regno models promote pick-regno@1.1.0 --reason "better on trucks"
  MODEL=pick-regno@champion REGNO_REGISTRY=./registry regno serve
  regno models rollback pick-regno`;
