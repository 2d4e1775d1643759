/**
 * What one run of a model's graph costs, by batch size: `npx tsx bench/graph.ts MODEL.cbm
 * READINGS.jsonl [ROUNDS]`. READINGS holds lines `{"input": {ten fields}}`. Prints the medians over
 * the rounds of wall and CPU time per run, wall time per row, and the share of each operator.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { InferenceSession } from 'onnxruntime-node';
import {
  feedsOf,
  OnnxSession,
  SESSION_OPTIONS,
  tensorWidths,
} from '../app/serving/onnx/onnx-session.js';
import { compileCatBoost } from '../app/model/compile-catboost.js';
import { parseReading } from '../app/plates/parse-reading.js';
import { pickRegnoFeatures, toFeatureRow } from '../app/plates/pick-regno-features.js';
import type { FeatureRow } from '../app/model/ir/ir.js';
import { encodeRows } from '../app/model/onnx/encode-rows.js';
import type { EncodedBatch, ModelSignature } from '../app/model/onnx/signature.js';

const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 512];
/** Long enough for a round to outweigh a garbage collection. */
const ROUND_MS = 150;

async function main([modelPath, readingsPath, roundsText = '7']: readonly string[]): Promise<void> {
  if (modelPath === undefined || readingsPath === undefined) {
    throw new Error('usage: tsx bench/graph.ts MODEL.cbm READINGS.jsonl [ROUNDS]');
  }
  const source = readFileSync(modelPath);
  const compile = median(Array.from({ length: 5 }, () => timed(() => compileCatBoost(source))));
  const { onnx, signature } = compileCatBoost(source);
  const rows = readRows(signature, readingsPath);
  const startedAt = performance.now();
  const session = await OnnxSession.load(onnx);
  const load = performance.now() - startedAt;
  console.log(
    `compile ${compile.toFixed(0)} ms, load ${load.toFixed(0)} ms, ` +
      `${(onnx.length / 1024).toFixed(0)} KiB, ${rows.length} rows`,
  );

  const batches = new Map(BATCH_SIZES.map((size) => [size, batchesOf(signature, rows, size)]));
  const samples = new Map(BATCH_SIZES.map((size) => [size, [] as Sample[]]));
  for (let round = 0; round < Number(roundsText); round++) {
    for (const size of BATCH_SIZES) {
      samples.get(size)?.push(await runRound(session, batches.get(size) ?? []));
    }
  }
  console.log('   N  wall us/run  cpu us/run  wall us/row');
  for (const size of BATCH_SIZES) {
    const wall = median((samples.get(size) ?? []).map((sample) => sample.wallUs));
    const cpu = median((samples.get(size) ?? []).map((sample) => sample.cpuUs));
    const cells = [wall.toFixed(1).padStart(13), cpu.toFixed(1).padStart(12)];
    console.log(
      `${String(size).padStart(4)}${cells.join('')}${(wall / size).toFixed(2).padStart(13)}`,
    );
  }
  for (const size of [1, 32]) await printShares(signature, onnx, batches.get(size) ?? [], size);
}

interface Sample {
  readonly wallUs: number;
  readonly cpuUs: number;
}

async function runRound(session: OnnxSession, batches: readonly EncodedBatch[]): Promise<Sample> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let runs = 0;
  while (performance.now() - startedAt < ROUND_MS) {
    for (const batch of batches.slice(0, 64)) {
      await session.run(batch);
      runs++;
    }
  }
  const wall = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  return { wallUs: (wall * 1000) / runs, cpuUs: (cpu.user + cpu.system) / runs };
}

/** Rows of all readings, shuffled by a fixed step and cut into whole batches. */
function batchesOf(
  signature: ModelSignature,
  rows: readonly FeatureRow[],
  size: number,
): EncodedBatch[] {
  const count = Math.max(1, Math.min(256, Math.floor(rows.length / size)));
  return Array.from({ length: count }, (_, batch) =>
    encodeRows(
      signature,
      Array.from(
        { length: size },
        (_, row) => rows[((batch * size + row) * 7) % rows.length] ?? [],
      ),
    ),
  );
}

function readRows(signature: ModelSignature, path: string): FeatureRow[] {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const parsed = parseReading((JSON.parse(line) as { readonly input: unknown }).input);
    return parsed.ok ? [toFeatureRow(signature.features, pickRegnoFeatures(parsed.reading))] : [];
  });
}

interface ProfileEvent {
  readonly cat: string;
  readonly dur: number;
  readonly name: string;
  readonly args: { readonly op_name?: string };
}

/** Time per operator from the runtime's own profile, in whole microseconds per call, averaged. */
async function printShares(
  signature: ModelSignature,
  onnx: Uint8Array,
  batches: readonly EncodedBatch[],
  size: number,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'regno-graph-'));
  const session = await InferenceSession.create(onnx, {
    ...SESSION_OPTIONS,
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  });
  const widths = tensorWidths(signature);
  const runs = 2000;
  for (let run = 0; run < runs; run++) {
    const batch = batches[run % batches.length];
    if (batch) await session.run(feedsOf(widths, batch));
  }
  session.endProfiling();
  const [file = ''] = readdirSync(folder);
  const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[];
  rmSync(folder, { recursive: true });
  const totals = new Map<string, number>();
  for (const { cat, dur, name, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const key = `${args.op_name ?? ''} ${name.replace('_kernel_time', '')}`;
    totals.set(key, (totals.get(key) ?? 0) + dur / runs);
  }
  const sum = [...totals.values()].reduce((a, b) => a + b, 0);
  console.log(`operators at N = ${size}: ${sum.toFixed(1)} us in kernels`);
  for (const [key, us] of totals) console.log(`  ${us.toFixed(2).padStart(7)}  ${key}`);
}

function timed(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

await main(process.argv.slice(2));
