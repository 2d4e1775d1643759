/**
 * Preloaded into regno (`node --import`), takes out what observes it: nothing is counted, sampled or
 * logged about requests. Shows what metrics and log cost; no setting turns them off.
 */
const { MetricsRecorder } = await import('../../dist/app/telemetry/metrics/recorder.js');
const { SharedCounters } = await import('../../dist/app/telemetry/metrics/shared-counters.js');
const { CameraMetrics } = await import('../../dist/app/telemetry/metrics/camera-metrics.js');
const { ProcessMetrics } = await import('../../dist/app/telemetry/metrics/process-metrics.js');
const { RequestLog } = await import('../../dist/app/telemetry/logs/request-log.js');
const { RequestMetrics } = await import('../../dist/app/telemetry/metrics/request-metrics.js');

const nothing = () => undefined;
MetricsRecorder.prototype.counter = () => ({ inc: nothing });
MetricsRecorder.prototype.gauge = () => ({ set: nothing });
MetricsRecorder.prototype.histogram = () => ({ observe: nothing });
SharedCounters.prototype.write = nothing;
CameraMetrics.prototype.decided = nothing;
CameraMetrics.prototype.refused = nothing;
ProcessMetrics.prototype.start = nothing;
RequestLog.prototype.finished = nothing;
RequestMetrics.prototype.finished = nothing;
RequestMetrics.prototype.started = nothing;
