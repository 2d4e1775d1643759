import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findViolations } from './find-violations.js';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

/** What is found in a tree of these files, as `file:line message`. */
function violationsOf(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'regno-layers-'));
  trees.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return findViolations(root).violations.map((v) => `${v.file}:${v.line} ${v.message}`);
}

describe('findViolations', () => {
  it('finds nothing in this repository, and looks at all of it', () => {
    const { files, imports, violations } = findViolations(join(import.meta.dirname, '../..'));
    expect(violations).toEqual([]);
    expect(files).toBeGreaterThan(500);
    expect(imports).toBeGreaterThan(2000);
  });

  it.each([
    ['app/model/hash/a.ts', "import '../../serving/b.js';", 'may not import app/serving/b.ts'],
    ['app/model/onnx/a.ts', "import '../catboost/b.js';", 'may not import app/model/catboost/b.ts'],
    ['app/model/ir/a.ts', "import 'node:fs';", 'imports no package'],
    ['app/model/onnx/a.ts', "import 'zod';", 'imports only @bufbuild/protobuf'],
    ['app/serving/a.ts', "import '../telemetry/b.js';", 'may not import app/telemetry/b.ts'],
    ['app/serving/a.ts', "import '../model/catboost/b.js';", 'may not import'],
    ['app/serving/a.ts', "import type { Request } from 'express';", 'only app/routes/ may import'],
    ['app/routes/a.ts', "import { b } from '../config/b.js';", 'may not import app/config/b.ts'],
    ['app/routes/a.ts', "const b = await import('../telemetry/b.js');", 'may not import'],
    ['app/telemetry/a.ts', "export { b } from '../routes/b.js';", 'may not import app/routes/b.ts'],
    ['app/telemetry/a.ts', "import type { B } from '../routes/b.js';", 'may not import'],
    ['app/telemetry/a.ts', "import { b } from './testing/b.js';", 'is of tests'],
    ['app/worker.ts', "import '../bench/b.js';", 'app/ may not import bench/b.ts'],
    ['bench/a.ts', "import type { B } from '../test/testing/b.js';", 'is of tests'],
    ['tools/a.ts', "import '../bench/b.js';", 'may not import bench/b.ts'],
    ['grafana/a.mjs', "import '../scripts/b.mjs';", 'may not import scripts/b.mjs'],
    ['app/cache/a.ts', "import type { B } from '../telemetry/b.js';", 'may not import'],
    ['app/serving/a.ts', "import './onnx/b.js';", 'may not import app/serving/onnx/b.ts'],
    ['app/telemetry/a.ts', "import '../worker.js';", 'may not import app/worker.ts'],
    ['app/config/a.ts', "let b: import('../model/errors.js').B;", 'may not import'],
    ['generator/a.ts', "import '../app/version.js';", 'app/ and generator/ share nothing'],
    ['app/worker.ts', "import '../generator/main.js';", 'app/ and generator/ share nothing'],
    ['app/worker.ts', "import 'express';", 'only app/routes/ may import'],
    [
      'app/routes/pages/a.js',
      "/** @import { B } from '../b.js' */\nb();",
      'may not import app/routes/b.ts',
    ],
    ['app/routes/a.ts', 'const key = process.env.KEY;', 'read process.env'],
    ['app/model/ir/a.ts', 'export const now = () => performance.now();', 'is pure'],
    ['app/model/ir/a.ts', 'export const dice = Math.random();', 'is pure'],
  ])('names what is wrong in %s: %s', (file, text, message) => {
    const found = violationsOf({ [file]: `// A line above.\n${text}\n` });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${file}:2 `);
    expect(found[0]).toContain(message);
  });

  it('lets through what the rules allow, and tests', () => {
    const found = violationsOf({
      'app/telemetry/a.ts': "import type { B } from '../serving/b.js';\nimport 'winston';",
      'app/plates/a.ts': "import type { Ir } from '../model/ir/ir.js';",
      'app/model/ir/a.ts': 'export interface Timing { readonly performance: number }',
      'app/cli.ts': "import 'commander';\nimport './telemetry/a.js';\nprocess.env.PORT;",
      'app/cli/a.ts': "import '../model/catboost/b.js';",
      'generator/a.ts': "import '../app/rows/b.js';",
      'app/model/ir/a.test.ts': "import 'vitest';\nimport '../../telemetry/a.js';",
      'app/model/ir/testing/b.ts': 'console.log(process.env);',
      'bench/a.mjs': "import '../dist/app/telemetry/b.js';\nimport 'onnxruntime-node';",
      'test/faults/a.ts': "import '../../bench/b.js';\nprocess.env.PORT;",
    });
    expect(found).toEqual([]);
  });

  it('finds cycles outside of app/ and of tests', () => {
    const found = violationsOf({
      'bench/a.ts': "import './b.js';",
      'bench/b.ts': "import type { A } from './a.js';",
      'test/c.ts': "import './d.test.js';",
      'test/d.test.ts': "import './c.js';",
    });
    expect(found).toEqual([
      'bench/b.ts:1 a cycle: bench/a.ts -> bench/b.ts -> bench/a.ts',
      'test/d.test.ts:1 a cycle: test/c.ts -> test/d.test.ts -> test/c.ts',
    ]);
  });

  it('finds cycles, also of types alone', () => {
    const found = violationsOf({
      'app/serving/a.ts': "import type { B } from './b.js';",
      'app/serving/b.ts': "\nimport { c } from './c.js';",
      'app/serving/c.ts': "import './a.js';",
    });
    expect(found).toEqual([
      'app/serving/c.ts:1 a cycle: app/serving/a.ts -> app/serving/b.ts -> app/serving/c.ts -> app/serving/a.ts',
    ]);
  });
});
