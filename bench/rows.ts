/**
 * Bulk scoring on one thread, JSON text in, probability out: microseconds per row, in all and by
 * stage, beside CatBoost's own Python on the same rows. `npm run bench:rows -- --help`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { loadModel } from '../app/registry/load-model.js';
import { OnnxScorer } from '../app/serving/onnx/onnx-scorer.js';
import { parseReading } from '../app/plates/parse-reading.js';
import { ReadingKind } from '../app/plates/reading-kind.js';
import { DEFAULT_RULES } from '../app/plates/reading-rules.js';
import type { Reading } from '../app/plates/reading.js';
import { makeReading } from '../generator/payload/reading-maker.js';
import { Random } from '../generator/random.js';
import { figuresTable, median, reportHead, writeReport, type ReportHead } from '../tools/report.js';
import { ensurePeers } from './python-peers.js';

/** Microseconds per row; `total` also holds what lies between the stages. */
interface RowCost {
  readonly jsonParse: number;
  readonly parseReading: number;
  readonly features: number;
  readonly graph: number;
  readonly total: number;
}

interface PythonCost {
  readonly lists: number;
  readonly text: number;
  /** Sum of the positive probabilities: a witness that both sides do the same work. */
  readonly sum: number;
}

interface RowsReport extends ReportHead {
  readonly rows: number;
  readonly rounds: number;
  readonly goalMicros: number;
  readonly batches: readonly { batchSize: number; medians: RowCost; best: RowCost }[];
  /** Medians; absent where Python was left out. */
  readonly python: PythonCost | undefined;
}

interface Options {
  readonly rows: number;
  readonly rounds: number;
  readonly python: boolean;
  readonly check: boolean;
}

/** For the larger batches, which is what bulk scoring would use. */
const GOAL_MICROS = 12;
const BATCH_SIZES = [64, 512];
const SUM_TOLERANCE = 1e-6;
const MODEL = fileURLToPath(new URL('../models/pick-regno', import.meta.url));
const PEER = fileURLToPath(new URL('./peers/score_rows.py', import.meta.url));

async function main(): Promise<void> {
  const options = readOptions();
  const random = new Random(20_240_614);
  const texts = Array.from({ length: options.rows }, () => JSON.stringify(makeReading(random)));
  const python = options.python ? new PythonPeer(texts) : undefined;
  const scorer = await BulkScorer.load();
  const costs = new Map(BATCH_SIZES.map((size) => [size, [] as RowCost[]]));
  const pythonCosts: PythonCost[] = [];
  try {
    // The first round of each only warms up.
    for (let round = 0; round <= options.rounds; round += 1) {
      for (const [size, list] of costs) {
        const cost = await scorer.round(texts, size);
        if (round > 0) list.push(cost);
      }
      const cost = await python?.round();
      if (cost === undefined) continue;
      checkSum(scorer.sum, cost.sum);
      if (round > 0) pythonCosts.push(cost);
    }
  } finally {
    python?.stop();
  }
  const batches = [...costs].map(([batchSize, list]) => ({
    batchSize,
    medians: eachStage(list, median),
    best: eachStage(list, (values) => Math.min(...values)),
  }));
  report({
    ...reportHead('bench:rows', ', one thread'),
    rows: options.rows,
    rounds: options.rounds,
    goalMicros: GOAL_MICROS,
    batches,
    python: pythonCosts.length === 0 ? undefined : medianOfPython(pythonCosts),
  });
  const cost = batches.at(-1)?.medians.total ?? NaN;
  if (options.check && !(cost <= GOAL_MICROS)) process.exitCode = 1;
}

function readOptions(): Options {
  const count = (text: string): number => Number.parseInt(text, 10);
  return new Command('bench:rows')
    .option('--rows <n>', 'made-up readings', count, 10_000)
    .option('--rounds <n>', 'measured rounds; medians are shown', count, 15)
    .option(
      '--no-python',
      'leave CatBoost in Python out (it installs bench/peers/requirements.txt)',
    )
    .option('--check', `exit 1 above ${GOAL_MICROS} µs a row in the largest batches`, false)
    .parse()
    .opts<Options>();
}

/** The service's own parts, from text to probability, without a server around them. */
class BulkScorer {
  /** Of the positive probabilities of the last round. */
  sum = 0;

  private constructor(
    private readonly scorer: OnnxScorer<Reading>,
    private readonly seconds: { features: number; inference: number },
  ) {}

  static async load(): Promise<BulkScorer> {
    const { identity, session } = await loadModel(MODEL);
    const seconds = { features: 0, inference: 0 };
    const metrics = {
      stage: (stage: string, spent: number): void => {
        if (stage === 'features' || stage === 'inference') seconds[stage] += spent;
      },
    };
    const now = (): number => performance.now() / 1000;
    return new BulkScorer(
      new OnnxScorer(identity, session, new ReadingKind(DEFAULT_RULES), metrics, now),
      seconds,
    );
  }

  async round(texts: readonly string[], batchSize: number): Promise<RowCost> {
    let jsonMs = 0;
    let parseMs = 0;
    this.sum = 0;
    this.seconds.features = 0;
    this.seconds.inference = 0;
    const startedAt = performance.now();
    for (let start = 0; start < texts.length; start += batchSize) {
      const batchAt = performance.now();
      const bodies = texts
        .slice(start, start + batchSize)
        .map((text) => JSON.parse(text) as unknown);
      const parsedAt = performance.now();
      const readings = bodies.map(readingOf);
      jsonMs += parsedAt - batchAt;
      parseMs += performance.now() - parsedAt;
      for (const positive of await this.scorer.score(readings)) this.sum += positive;
    }
    const perRow = (ms: number): number => (ms * 1000) / texts.length;
    return {
      jsonParse: perRow(jsonMs),
      parseReading: perRow(parseMs),
      features: perRow(this.seconds.features * 1000),
      graph: perRow(this.seconds.inference * 1000),
      total: perRow(performance.now() - startedAt),
    };
  }
}

function readingOf(body: unknown) {
  const parsed = parseReading(body);
  if (parsed.ok) return parsed.reading;
  throw new Error(`a made-up reading is refused: ${JSON.stringify(parsed.faults)}`);
}

/** CatBoost in a Python process that scores the same rows when asked. */
class PythonPeer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'regno-rows-'));
  readonly #child;
  readonly #lines;

  constructor(texts: readonly string[]) {
    const file = join(this.#folder, 'rows.ndjson');
    writeFileSync(file, texts.join('\n'));
    const args = [PEER, join(MODEL, 'model.cbm'), file];
    this.#child = spawn(ensurePeers(), args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async round(): Promise<PythonCost> {
    this.#child.stdin.write('\n');
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('the Python peer ended; see its words above');
    return JSON.parse(line.value) as PythonCost;
  }

  stop(): void {
    this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function checkSum(ours: number, theirs: number): void {
  if (Math.abs(ours - theirs) <= SUM_TOLERANCE) return;
  throw new Error(
    `probabilities add up to ${ours} here and to ${theirs} in Python: not the same work`,
  );
}

function eachStage(list: readonly RowCost[], pick: (values: number[]) => number): RowCost {
  return {
    jsonParse: pick(list.map((cost) => cost.jsonParse)),
    parseReading: pick(list.map((cost) => cost.parseReading)),
    features: pick(list.map((cost) => cost.features)),
    graph: pick(list.map((cost) => cost.graph)),
    total: pick(list.map((cost) => cost.total)),
  };
}

function medianOfPython(list: readonly PythonCost[]): PythonCost {
  return {
    lists: median(list.map((cost) => cost.lists)),
    text: median(list.map((cost) => cost.text)),
    sum: list[0]?.sum ?? NaN,
  };
}

function report(report: RowsReport): void {
  const { batches, python, rows, rounds, goalMicros } = report;
  const cells = (cost: RowCost): string[] =>
    [cost.jsonParse, cost.parseReading, cost.features, cost.graph, cost.total].map((micros) =>
      micros.toFixed(2),
    );
  const ours = batches.flatMap(({ batchSize, medians, best }) => [
    [`regno, batches of ${batchSize}`, ...cells(medians)],
    ['  best round', ...cells(best)],
  ]);
  const theirs =
    python === undefined
      ? []
      : [
          ['CatBoost in Python, from JSON text', '', '', '', '', python.text.toFixed(2)],
          ['CatBoost in Python, from lists', '', '', '', '', python.lists.toFixed(2)],
        ];
  const head = ['µs per row', 'JSON.parse', 'checks', 'features', 'graph', 'total'];
  console.log(`${report.date}, ${report.machine}`);
  console.log(`${rows} rows, medians of ${rounds} rounds`);
  console.log(figuresTable(head, [...ours, ...theirs]));
  const cost = batches.at(-1)?.medians.total ?? NaN;
  const words = `${cost.toFixed(2)} µs a row, text in, probability out (goal ${goalMicros})`;
  console.log(`${cost <= goalMicros ? 'met   ' : 'MISSED'} ${words}`);
  if (python !== undefined) {
    console.log(`${(python.text / cost).toFixed(1)} x as fast as CatBoost in Python from text`);
  }
  console.log(writeReport('rows', report));
}

await main();
