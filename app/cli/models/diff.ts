import { ReadingKind } from '../../plates/reading-kind.js';
import { LENIENT_RULES } from '../../plates/reading-rules.js';
import { openModel } from '../../registry/load-model.js';
import { parseReference } from '../../registry/model-reference.js';
import type { FoundVersion, ModelRegistry } from '../../registry/registry.js';
import { untimedScorer } from '../../registry/untimed-scorer.js';
import { openRegistry } from './actions.js';

/** A figure of both versions; undefined where one does not state it. */
export interface FigurePair {
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

export interface ModelDiff {
  readonly before: string;
  readonly after: string;
  readonly isSameGraph: boolean;
  readonly features: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** Of another kind, or at another place. */
    readonly changed: readonly string[];
  };
  /** Sizes, and every number that both manifests state under `metrics`. */
  readonly figures: readonly FigurePair[];
  /** Answers of both to the golden readings of both; undefined where there are none. */
  readonly answers: AnswerDiff | undefined;
}

export interface AnswerDiff {
  readonly readings: number;
  /** Readings that the two decide differently, at 0.5. */
  readonly flips: number;
  readonly meanShift: number;
  readonly largestShift: number;
}

const FIGURES_MAX = 40;

/** What changes where one version takes the place of another. */
export async function diffModels(place: string, from: string, to: string): Promise<ModelDiff> {
  const registry = openRegistry(place);
  const [before, after] = [
    await registry.find(parseReference(from)),
    await registry.find(parseReference(to)),
  ];
  return {
    before: `${before.name}@${before.version}`,
    after: `${after.name}@${after.version}`,
    isSameGraph: before.manifest.model.sha256 === after.manifest.model.sha256,
    features: diffFeatures(before, after),
    figures: [
      pair('graph bytes', before.manifest.model.bytes, after.manifest.model.bytes),
      ...diffMetrics(before, after),
    ],
    answers: await diffAnswers(registry, before, after),
  };
}

function diffFeatures(before: FoundVersion, after: FoundVersion): ModelDiff['features'] {
  const placesOf = ({ manifest }: FoundVersion) =>
    new Map((manifest.features ?? []).map(({ name, kind }, i) => [name, `${kind} ${i}`]));
  const [old, now] = [placesOf(before), placesOf(after)];
  return {
    added: [...now.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !now.has(name)),
    changed: [...now].flatMap(([name, place]) =>
      old.has(name) && old.get(name) !== place ? [name] : [],
    ),
  };
}

function diffMetrics(before: FoundVersion, after: FoundVersion): FigurePair[] {
  const [old, now] = [metricsOf(before), metricsOf(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names.slice(0, FIGURES_MAX).map((name) => pair(name, old.get(name), now.get(name)));
}

/** Numbers of the manifest's `metrics`, by the path to them. */
function metricsOf({ bytes }: FoundVersion): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number') found.set(path, value);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const [name, inner] of Object.entries(value)) visit(inner, path ? `${path}.${name}` : name);
  };
  const { metrics } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { metrics?: unknown };
  visit(metrics, '');
  return found;
}

const pair = (
  name: string,
  before: number | undefined,
  after: number | undefined,
): FigurePair => ({ name, before, after });

async function diffAnswers(
  registry: ModelRegistry,
  before: FoundVersion,
  after: FoundVersion,
): Promise<AnswerDiff | undefined> {
  const loaded = [
    await openModel(await registry.open(before)),
    await openModel(await registry.open(after)),
  ] as const;
  const [old, now] = loaded;
  const kind = new ReadingKind(LENIENT_RULES);
  // The same reading in both counts once.
  const texts = new Set([...old.golden, ...now.golden].map(({ input }) => JSON.stringify(input)));
  const inputs = [...texts].flatMap(
    (text) => kind.parseGolden(JSON.parse(text) as Record<string, unknown>) ?? [],
  );
  try {
    if (inputs.length === 0) return undefined;
    const a = await untimedScorer(old, kind).score(inputs);
    const b = await untimedScorer(now, kind).score(inputs);
    const shifts = [...a].map((p, i) => Math.abs((b[i] ?? NaN) - p));
    return {
      readings: inputs.length,
      flips: [...a].filter((p, i) => p >= 0.5 !== (b[i] ?? NaN) >= 0.5).length,
      meanShift: shifts.reduce((sum, shift) => sum + shift, 0) / shifts.length,
      largestShift: Math.max(...shifts),
    };
  } finally {
    for (const { session } of loaded) await session.release();
  }
}
