// Answers rows of any CatBoost model that regno compiles, by the model's own features, and compares
// the graph with the reference interpreter. Usage: node any-model.mjs MODEL.cbm ROWS.ndjson
// where a row is an object with a value per feature name, read as CatBoost's Python package reads it:
// numbers (null or "": missing), strings, integers and booleans (true is the category "1").
import { readFile } from 'node:fs/promises';
import { compileCatBoost, createInterpreter, encodeRows, OnnxSession } from 'regno';

const [modelPath, rowsPath] = process.argv.slice(2);
if (modelPath === undefined || rowsPath === undefined) {
  console.error('usage: node any-model.mjs MODEL.cbm ROWS.ndjson');
  process.exit(2);
}

const { onnx, ir, signature } = compileCatBoost(await readFile(modelPath));
const rows = (await readFile(rowsPath, 'utf8'))
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const values = JSON.parse(line);
    return signature.features.map(({ name }) => values[name]);
  });

const session = await OnnxSession.load(onnx);
const { probabilities } = await session.run(encodeRows(signature, rows));
await session.release();

const interpret = createInterpreter(ir);
const classes = signature.classNames.length || signature.dimension;
let worst = 0;
rows.forEach((row, i) => {
  const answer = [...probabilities.subarray(classes * i, classes * (i + 1))];
  const plain = interpret(row).probabilities;
  answer.forEach((value, c) => (worst = Math.max(worst, Math.abs(value - plain[c]))));
  console.log(JSON.stringify(answer));
});
console.error(`largest difference from the reference interpreter: ${worst}`);
