/**
 * `npm run pack:compiler`: the compiler as an npm package of its own, for programs that do not serve
 * readings. It holds what the build made of `app/model/` and needs one package.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answerHelp } from '../tools/help-option.mjs';

answerHelp(`usage: npm run pack:compiler
Writes .cache/regno-compiler-VERSION.tgz, the compiler as an npm package, and prints its path.`);

const NAME = 'regno-compiler';
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = `${ROOT}.cache/compiler`;
const { version, license, engines, dependencies } = JSON.parse(
  readFileSync(`${ROOT}package.json`, 'utf8'),
);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(`${ROOT}dist/app/model`, `${folder}/lib`, {
  recursive: true,
  filter: (path) => !path.endsWith('.map'),
});
writeFileSync(`${folder}/README.md`, readMe());
cpSync(`${ROOT}LICENSE`, `${folder}/LICENSE`);
const manifest = {
  name: NAME,
  version,
  description: 'CatBoost models, categorical and text features included, compiled to ONNX.',
  license,
  type: 'module',
  engines,
  exports: { '.': { types: './lib/index.d.ts', default: './lib/index.js' } },
  dependencies: { '@bufbuild/protobuf': dependencies['@bufbuild/protobuf'] },
};
writeFileSync(`${folder}/package.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
const packed = spawnSync('npm', ['pack', '--silent', '--pack-destination', `${ROOT}.cache`], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (packed.status !== 0) process.exit(1);
console.log(`${ROOT}.cache/${NAME}-${version}.tgz`);

function readMe() {
  return `# ${NAME}

Compiles CatBoost models (\`.cbm\`) to one self-contained ONNX file, with categorical and text features.

\`\`\`js
import { compileCatBoost, encodeRows, readSignature } from '${NAME}';

const { onnx } = compileCatBoost(await readFile('model.cbm'));
const batch = encodeRows(readSignature(onnx), [[1.5, 'red', 'some text']]);
\`\`\`

\`onnx\` runs in any ONNX Runtime; strings are hashed outside the graph, by \`encodeRows\`. Errors are
\`ModelError\`s with a \`code\`. The compiler is a part of regno ${version}, whose docs/compiler.md says what
a compiled model answers.
`;
}
