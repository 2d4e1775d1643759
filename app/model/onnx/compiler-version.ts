/**
 * Version of the compiler's output, written into each ONNX file. It changes whenever the same source
 * model would give other bytes, so that a file shows which rules made it.
 */
export const COMPILER_VERSION = '1.1.0';
