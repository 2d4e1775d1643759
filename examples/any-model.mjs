// Answers rows of any CatBoost model that regno compiles, by the model's own features, and compares
// the graph with the reference interpreter. Usage: node any-model.mjs MODEL.cbm ROWS.ndjson
// where a row is an object with a value per feature name, read as CatBoost's Python package reads it:
// numbers (null or "": missing), strings, integers and booleans (true is the category "1").
// Prints a line per row: the probabilities (or predicted values), and of a model with classes the class that its threshold
// (0.5 where the model has none of its own) decides for.
import { readFile } from 'node:fs/promises';
import { compileCatBoost, createInterpreter, encodeRows, OnnxSession, predictedClass } from 'regno';

const [modelPath, rowsPath] = process.argv.slice(2);
if (modelPath === undefined || rowsPath === undefined) {
  console.error('usage: node any-model.mjs MODEL.cbm ROWS.ndjson');
  process.exit(2);
}

const { onnx, ir, signature } = compileCatBoost(await readFile(modelPath));
const rows = (await readFile(rowsPath, 'utf8')).split('\n').flatMap((line, i) => {
  if (line.trim() === '') return [];
  const values = JSON.parse(line);
  const names = signature.features.map(({ name }) => name);
  // A value that is not there would count as missing: a misspelt name must not pass as that.
  const missing = names.filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0) {
    const given = Object.keys(values).filter((name) => !names.includes(name));
    const unknown = given.length > 0 ? `; unknown: ${given.join(', ')}` : '';
    console.error(`line ${i + 1}: no value for ${missing.join(', ')}${unknown}`);
    process.exit(1);
  }
  return [names.map((name) => values[name])];
});

const session = await OnnxSession.load(onnx);
const { probabilities, raw } = await session.run(encodeRows(signature, rows));
await session.release();

const interpret = createInterpreter(ir);
const width = signature.classNames.length || signature.dimension;
const { threshold = 0.5 } = signature;
let worst = 0;
rows.forEach((row, i) => {
  const answer = [...probabilities.subarray(width * i, width * (i + 1))];
  const plain = interpret(row).probabilities;
  answer.forEach((value, c) => (worst = Math.max(worst, Math.abs(value - plain[c]))));
  console.log(JSON.stringify({ probabilities: answer, ...decisionOf(i) }));
});
console.error(`largest difference from the reference interpreter: ${worst}`);

/** Nothing where the model has no classes; the threshold is of models that choose between two. */
function decisionOf(row) {
  if (signature.classNames.length === 0) return {};
  const decision = { class: predictedClass(signature, raw, row) };
  return signature.link === 'sigmoid' ? { ...decision, threshold } : decision;
}
