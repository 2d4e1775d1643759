/**
 * Loaded into the service's processes ahead of it (NODE_OPTIONS=--import): makes a worker fail when
 * a test asks it to. SIGUSR2 breaks the model, and repairs it again; SIGWINCH throws where nobody
 * catches.
 */
import { createRequire } from 'node:module';

if (process.env.WORKER_SLOT !== undefined) {
  const { InferenceSession } = createRequire(import.meta.url)('onnxruntime-node');
  const { run } = InferenceSession.prototype;
  let isBroken = false;
  InferenceSession.prototype.run = function (...inputs) {
    if (!isBroken) return run.apply(this, inputs);
    return Promise.reject(new Error('non-zero status code 7 while running a node for А777АА77'));
  };
  process.on('SIGUSR2', () => {
    isBroken = !isBroken;
    console.error(isBroken ? 'the model is broken' : 'the model is fixed');
  });
  process.on('SIGWINCH', () => {
    throw new TypeError('cannot read А777АА77 of undefined');
  });
}
