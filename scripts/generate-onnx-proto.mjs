/**
 * Generates app/model/onnx/gen/onnx_pb.ts from app/model/onnx/proto/onnx.proto with buf and
 * protoc-gen-es (both development dependencies; nothing is downloaded). With `--check` it writes
 * nothing and ends with code 1 where the committed file differs from what would be generated.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answerHelp } from '../tools/help-option.mjs';

answerHelp(
  `usage: npm run sync:onnx-proto [-- --check]
Generates app/model/onnx/gen/onnx_pb.ts; --check only compares.`,
  ['--check'],
);

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const protoFolder = join(root, 'app/model/onnx/proto');
const committed = join(root, 'app/model/onnx/gen/onnx_pb.ts');
const bin = join(root, 'node_modules/.bin');

function generate() {
  const folder = mkdtempSync(join(tmpdir(), 'onnx-proto-'));
  try {
    const plugins = [
      {
        local: join(bin, 'protoc-gen-es'),
        out: folder,
        opt: ['target=ts', 'import_extension=js'],
      },
    ];
    const template = JSON.stringify({ version: 'v2', plugins });
    execFileSync(join(bin, 'buf'), ['generate', protoFolder, '--template', template], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return readFileSync(join(folder, 'onnx_pb.ts'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const generated = generate();
if (!process.argv.includes('--check')) {
  writeFileSync(committed, generated);
} else if (readFileSync(committed, 'utf8') !== generated) {
  console.error('app/model/onnx/gen/onnx_pb.ts is not what onnx.proto gives: run sync:onnx-proto');
  process.exitCode = 1;
}
