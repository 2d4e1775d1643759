/** `npm run layers`: holds the directions of imports, as scripts/layers/rules.ts states them. */
import { join } from 'node:path';
import { findViolations } from './layers/find-violations.js';
import { answerHelp } from '../tools/help-option.mjs';

answerHelp(`usage: npm run layers
Holds the directions of imports, as scripts/layers/rules.ts states them.`);

const { files, imports, violations } = findViolations(join(import.meta.dirname, '..'));
for (const { file, line, message } of violations) console.error(`${file}:${line}  ${message}`);
if (violations.length > 0) {
  console.error(`${violations.length} imports against the layers; see ARCHITECTURE.md`);
  process.exitCode = 1;
} else {
  console.log(`layers: ${imports} imports of ${files} files in order`);
}
