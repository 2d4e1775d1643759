/**
 * From 1.29 on ONNX Runtime reports its use to its maker, on Linux too: it opens connections, keeps a
 * database under the home folder and a log under /tmp, and works on threads of its own
 * (microsoft/onnxruntime#27379). A service that handles personal data must not; the variable is read
 * when the runtime is first used, so importing this file before that is in time. Setting the variable to
 * 0 in the environment turns it on again.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';

export {};
