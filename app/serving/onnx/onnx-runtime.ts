import './no-telemetry.js';

/**
 * ONNX Runtime's binding for Node. Loading it loads a native library, and where that fails the
 * loader's own words name a path within a package, not what is wrong.
 *
 * @throws Error that says for which systems there is one and how it is installed
 */
async function loadRuntime() {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new Error(
      `ONNX Runtime cannot be loaded on ${process.platform} ${process.arch}. It has libraries for ` +
        'Linux with glibc (x64, arm64; not Alpine), macOS (arm64) and Windows. On one of these ' +
        'install regno again with "npm install --ignore-scripts" or ONNXRUNTIME_NODE_INSTALL=skip',
      { cause },
    );
  }
}

export const { InferenceSession, Tensor } = await loadRuntime();
