import { z } from 'zod';
import { CHAMPION } from './model-reference.js';
import { RegistryError } from './registry-error.js';

/** Earlier states that a deployment remembers, as far as they fit. */
const HISTORY_MAX = 200;
/** Largest text of a deployment. */
export const DEPLOYMENT_BYTES_MAX = 1024 * 1024;
const WORDS_MAX = 1000;

/** A version, and the SHA-256 of its manifest: what was verified is what is served. */
const targetSchema = z.object({
  version: z.string(),
  manifest: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits'),
});

const aliasesSchema = z.record(z.string(), targetSchema);

const entrySchema = z.object({
  revision: z.int().min(1),
  /** What was done, e.g. `promote`. */
  action: z.string(),
  aliases: aliasesSchema,
  by: z.string(),
  /** ISO 8601, UTC. */
  at: z.string(),
  reason: z.string().optional(),
});

const deploymentSchema = z.object({
  schemaVersion: z.literal(1),
  name: z.string(),
  ...entrySchema.shape,
  /** Earlier states, the newest first. */
  history: z.array(entrySchema),
});

/** What an alias names. */
export type AliasTarget = z.output<typeof targetSchema>;

export type Aliases = Readonly<Record<string, AliasTarget>>;

/** One state of a deployment: which version each alias names, who said so, when and why. */
export type DeploymentEntry = z.output<typeof entrySchema>;

/** What serves under a model's name: the alias `champion`, beside free ones, and all that came before. */
export type Deployment = z.output<typeof deploymentSchema>;

/** Who changes a deployment, and why. */
export interface Change {
  readonly action: string;
  readonly by: string;
  readonly reason?: string | undefined;
  readonly at: Date;
}

/** @throws RegistryError `damaged-version` where the text is no deployment of this model */
export function parseDeployment(model: string, text: string): Deployment {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(model, 'not valid JSON');
  }
  const parsed = deploymentSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw damaged(model, faults.join('; '));
  }
  if (parsed.data.name !== model) throw damaged(model, `it is the deployment of another model`);
  return parsed.data;
}

/**
 * The text that a store keeps: the oldest states go where it would be too long.
 *
 * @throws RegistryError `invalid-name` where the aliases alone are too many
 */
export function serializeDeployment(deployment: Deployment): string {
  for (let kept = deployment.history.length; ; kept = Math.floor(kept / 2)) {
    const history = deployment.history.slice(0, kept);
    const text = `${JSON.stringify({ ...deployment, history }, undefined, 2)}\n`;
    if (Buffer.byteLength(text) <= DEPLOYMENT_BYTES_MAX) return text;
    if (kept === 0) {
      throw new RegistryError(
        'invalid-name',
        `the deployment of ${deployment.name} has too many aliases; remove some`,
      );
    }
  }
}

/** The deployment after a change of its aliases; the state before joins its history. */
export function changeDeployment(
  model: string,
  before: Deployment | undefined,
  aliases: Aliases,
  { action, by, reason, at }: Change,
): Deployment {
  assertShort('reason', reason);
  assertShort('by', by);
  const history = before === undefined ? [] : [entryOf(before), ...before.history];
  return {
    schemaVersion: 1,
    name: model,
    revision: (before?.revision ?? 0) + 1,
    action,
    aliases: { ...aliases },
    by,
    at: at.toISOString(),
    ...(reason === undefined ? {} : { reason }),
    history: history.slice(0, HISTORY_MAX),
  };
}

/** The champion before this one; undefined where there was no other. */
export function championBefore({ aliases, history }: Deployment): AliasTarget | undefined {
  const current = aliases[CHAMPION];
  const champions = history.map((entry) => entry.aliases[CHAMPION]);
  return champions.find((one) => one !== undefined && one.version !== current?.version);
}

function assertShort(what: string, text = ''): void {
  if (text.length <= WORDS_MAX) return;
  throw new RegistryError(
    'invalid-name',
    `${what}: has ${text.length} characters, expected at most ${WORDS_MAX}`,
  );
}

function entryOf({ revision, action, aliases, by, at, reason }: Deployment): DeploymentEntry {
  return { revision, action, aliases, by, at, ...(reason === undefined ? {} : { reason }) };
}

function damaged(model: string, what: string): RegistryError {
  return new RegistryError(
    'damaged-version',
    `the deployment of ${model}: ${what}; restore it from the one before`,
  );
}
