/**
 * The arrows of the house: which part may import which, types included. `routes -> serving -> model`;
 * `plates`, `cache`, `telemetry` and `cluster` carry out what serving's ports ask for, `config ->
 * nothing`, entries see all, and nothing points back. What measures,
 * builds and tests the product points at it, and never the other way round.
 */
export interface Layer {
  /** A folder (ending in `/`) or a file, from the repository's root. The longest match counts. */
  readonly path: string;
  /** Layers that may be imported; a layer may always import itself. */
  readonly imports: readonly string[] | 'any';
  /** Packages and Node modules; absent where only {@link OWNED_PACKAGES} limits them. */
  readonly packages?: readonly string[];
  readonly readsEnvironment?: true;
  /** Around the product and no part of it: any package, files that are built, the environment. */
  readonly isTooling?: true;
  /** Bytes and values in, values out: no clock, no log, no timers, no randomness. */
  readonly pure?: true;
}

const ERRORS = 'app/model/errors.ts';
const HASH = 'app/model/hash/';
const IR = 'app/model/ir/';
const ONNX = 'app/model/onnx/';
const CATBOOST = 'app/model/catboost/';
const REFERENCE = 'app/model/reference/';
const COMPILE = 'app/model/compile-catboost.ts';
/** What the compiler offers as a package of its own. */
const COMPILER = 'app/model/index.ts';
const PLATES = 'app/plates/';
const SERVING = 'app/serving/';
/** Interfaces that others implement for serving. */
const PORTS = 'app/serving/ports.ts';
const RUNTIME = 'app/serving/onnx/';
const REGISTRY = 'app/registry/';
/** Why a registry refused, for whoever writes it down. */
const REGISTRY_ERROR = 'app/registry/registry-error.ts';
const CACHE = 'app/cache/';
/** What an address of Redis is, for the settings and for the client. */
const REDIS_URL = 'app/config/redis-url.ts';
const TELEMETRY = 'app/telemetry/';
const ROUTES = 'app/routes/';
const ROWS = 'app/rows/';
/** Words for what JSON.parse refuses, wherever JSON is read. */
const JSON_FAULT = 'app/rows/json-fault.ts';
const VERSION = 'app/version.ts';
/** Sets a variable that a native library reads; there is no other way to set it. */
const NO_TELEMETRY = 'app/serving/onnx/no-telemetry.ts';

const MODEL = [ERRORS, HASH, IR, ONNX, REFERENCE, COMPILE];

const PRODUCT: readonly Layer[] = [
  { path: ERRORS, imports: [], packages: [], pure: true },
  { path: HASH, imports: [ERRORS], packages: [], pure: true },
  { path: IR, imports: [ERRORS], packages: [], pure: true },
  { path: CATBOOST, imports: [ERRORS, IR], packages: [], pure: true },
  { path: ONNX, imports: [ERRORS, HASH, IR], packages: ['@bufbuild/protobuf'], pure: true },
  { path: REFERENCE, imports: [ERRORS, HASH, IR], packages: [], pure: true },
  { path: COMPILE, imports: [ERRORS, CATBOOST, IR, ONNX], packages: ['node:crypto'], pure: true },
  { path: COMPILER, imports: MODEL, packages: [], pure: true },
  { path: 'app/model/', imports: [], packages: [], pure: true },

  // Rows of files, whatever they hold; the load generator reads its files by the same rules.
  { path: ROWS, imports: [JSON_FAULT], packages: [], pure: true },
  { path: JSON_FAULT, imports: [], packages: [], pure: true },
  {
    path: PLATES,
    imports: [ERRORS, HASH, IR, ONNX, JSON_FAULT, PORTS],
    packages: ['node:buffer', 'node:crypto'],
    pure: true,
  },

  { path: REDIS_URL, imports: [], packages: [], pure: true },
  { path: 'app/config/', imports: [REDIS_URL], readsEnvironment: true },
  { path: PORTS, imports: [ONNX] },
  { path: SERVING, imports: [...MODEL, PORTS] },
  { path: RUNTIME, imports: [...MODEL, PORTS, SERVING, NO_TELEMETRY] },
  { path: NO_TELEMETRY, imports: [], readsEnvironment: true },
  { path: REGISTRY, imports: [...MODEL, PORTS, SERVING, RUNTIME, REGISTRY_ERROR] },
  { path: REGISTRY_ERROR, imports: [], packages: [], pure: true },
  { path: CACHE, imports: [PORTS, REDIS_URL] },
  { path: TELEMETRY, imports: [ERRORS, REGISTRY_ERROR, PLATES, PORTS, SERVING, CACHE, VERSION] },
  { path: 'app/cluster/', imports: [PORTS, SERVING, REGISTRY, CACHE, TELEMETRY] },
  { path: ROUTES, imports: [ERRORS, PLATES, PORTS, SERVING, VERSION] },
  // Runs in a browser; of the server it sees the types of what it is sent.
  { path: 'app/routes/pages/', imports: [TELEMETRY], packages: [] },
  { path: VERSION, imports: [] },

  // The composition roots: the entries right under app/, and the command line behind one of them.
  { path: 'app/cli/', imports: 'any', readsEnvironment: true },
  { path: 'app/', imports: 'any', readsEnvironment: true },

  // A program of its own, which shares nothing with what it measures but how files of rows are read.
  { path: 'generator/', imports: [ROWS], readsEnvironment: true },
];

const PRODUCT_PATHS = PRODUCT.map(({ path }) => path);

const TOOLING: readonly Layer[] = [
  // What the others share: ports, cores, Node versions, reports.
  { path: 'tools/', imports: [], isTooling: true },
  { path: 'bench/', imports: [...PRODUCT_PATHS, 'tools/'], isTooling: true },
  { path: 'scripts/', imports: [...PRODUCT_PATHS, 'tools/'], isTooling: true },
  { path: 'grafana/', imports: ['tools/'], isTooling: true },
  { path: 'monitoring/', imports: ['tools/'], isTooling: true },
  { path: 'training/', imports: ['tools/'], isTooling: true },
  { path: 'examples/', imports: [], isTooling: true },
  { path: 'test/', imports: 'any', isTooling: true },
];

export const LAYERS: readonly Layer[] = [...PRODUCT, ...TOOLING];

/** Packages that one part of app/ stands for, so that the rest need not know them. */
export const OWNED_PACKAGES: ReadonlyMap<string, readonly string[]> = new Map([
  ['express', [ROUTES]],
  ['cors', [ROUTES]],
  ['type-is', [ROUTES]],
  ['swagger-ui-dist', [ROUTES]],
  ['onnxruntime-node', [RUNTIME]],
  ['ioredis', [CACHE]],
  ['prom-client', [TELEMETRY, 'generator/']],
  ['winston', [TELEMETRY]],
  ['@sentry/node', [TELEMETRY]],
  ['commander', ['app/cli/', 'app/cli.ts', 'generator/']],
  ['cli-progress', ['app/cli/', 'generator/']],
  ['cli-table3', ['app/cli/']],
  ['@bufbuild/protobuf', [ONNX]],
]);

/** Names that pure code has no use for. */
export const IMPURE_GLOBALS: ReadonlySet<string> = new Set([
  'process',
  'console',
  'performance',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
]);

export const IMPURE_CALLS: ReadonlySet<string> = new Set(['Math.random', 'Date.now']);

/** The layer that a file lies in. */
export function layerOf(file: string): Layer | undefined {
  return LAYERS.filter(({ path }) => (path.endsWith('/') ? file.startsWith(path) : file === path))
    .sort((a, b) => b.path.length - a.path.length)
    .at(0);
}
