/**
 * Runs before the packages that regno depends on run their install scripts. That of onnxruntime-node
 * downloads libraries for graphics cards, which regno does not use, and where it cannot it ends the
 * whole installation with words about another host. Here the words are ours.
 */
import { get } from 'node:https';
import { dirname } from 'node:path';

const FEED = 'https://api.nuget.org/v3/index.json';
const TIMEOUT_MS = 10_000;
const { env } = process;

const downloads =
  `${process.platform} ${process.arch}` === 'linux x64' &&
  (env.ONNXRUNTIME_NODE_INSTALL ?? env.npm_config_onnxruntime_node_install) !== 'skip' &&
  // It does not in a checkout, and a proxy of its own would have to be asked in its own way.
  dirname(env.npm_package_json ?? '') !== env.npm_config_local_prefix &&
  env.GLOBAL_AGENT_HTTPS_PROXY === undefined;

if (downloads) {
  const request = get(FEED, { timeout: TIMEOUT_MS }, (response) => {
    response.destroy();
    if ((response.statusCode ?? 500) >= 400) fail(`answers ${response.statusCode}`);
  });
  request.on('timeout', () => request.destroy(new Error('does not answer')));
  request.on('error', (error) => fail(error.message));
}

function fail(what) {
  console.error(
    `regno: onnxruntime-node is about to download libraries that regno does not need, from ` +
      `${new URL(FEED).host}, and cannot (${what}). Install again without that: ` +
      'npm install --ignore-scripts, or with ONNXRUNTIME_NODE_INSTALL=skip in the environment.',
  );
  process.exit(1);
}
