// Compiles a CatBoost model to ONNX, keeps the file, and answers two readings with it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileCatBoost, ModelError, OnnxSession, parseReading, ReadingEncoder } from 'regno';

// The model that comes with regno; give your own .cbm as the first argument.
const regno = dirname(createRequire(import.meta.url).resolve('regno/package.json'));
const source = process.argv[2] ?? join(regno, 'models/pick-regno/model.cbm');

const reading = {
  regno_recognize: 'А123ВС77',
  afts_regno_ai: 'А123ВС777',
  recognition_accuracy: 82.5,
  afts_regno_ai_score: 0.973,
  afts_regno_ai_char_scores: [0.9998, 0.9999, 0.9997, 0.9999, 0.9986, 0.9998, 1, 0.9991, 0.9741],
  afts_regno_ai_length_scores: [0.00001, 0.00009, 0.9999],
  camera_type: 'Стационарная',
  camera_class: 'Астра-Трафик',
  time_check: '2024-06-14 08:30:15',
  direction: 1,
};

const folder = await mkdtemp(join(tmpdir(), 'regno-example-'));
try {
  // 1. Compile: one self-contained file, the same bytes for the same source.
  const { onnx, signature } = compileCatBoost(await readFile(source));
  const path = join(folder, 'model.onnx');
  await writeFile(path, onnx);
  console.log(`${signature.features.length} features, ${onnx.length} bytes of ONNX`);

  // 2. Load it as any program would later on: the file says itself what it takes.
  const session = await OnnxSession.load(await readFile(path));
  const encoder = new ReadingEncoder(session.signature);

  // 3. Check what comes from outside, and answer it in one run of the graph.
  const readings = [reading, { ...reading, afts_regno_ai_score: '0.31' }].map((input) => {
    const parsed = parseReading(input);
    if (parsed.ok) return parsed.reading;
    throw new Error(parsed.faults.map(({ field, expected }) => `${field}: ${expected}`).join('; '));
  });
  const { probabilities } = await session.run(encoder.encode(readings));
  readings.forEach(({ aftsRegnoAi }, row) => {
    const [negative, positive] = probabilities.subarray(2 * row, 2 * row + 2);
    console.log(JSON.stringify({ reading: aftsRegnoAi, negative, positive }));
  });
  await session.release();
} catch (error) {
  // Errors of the model or of its use have a code; docs/errors.md says what to do about each.
  if (!(error instanceof ModelError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
