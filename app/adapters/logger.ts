import winston from 'winston';
import type { MetricsRecorder } from './metrics/recorder.js';

export type Logger = winston.Logger;

export interface LoggerOptions {
  readonly level: string;
  /** Which process writes: `primary` or a worker's slot. */
  readonly process: string;
  /** Counts lines by level where given. */
  readonly metrics?: MetricsRecorder;
}

/**
 * One JSON object a line on standard output: `timestamp`, `level`, `message`, `process`, and what
 * the line is about. Errors keep their stack and cause.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { metrics } = options;
  const count = winston.format((info) => {
    metrics?.counter('logLines', info.level).inc();
    return info;
  });
  return winston.createLogger({
    level: options.level,
    defaultMeta: { process: options.process },
    format: winston.format.combine(
      winston.format.errors({ stack: true, cause: true }),
      count(),
      winston.format.timestamp(),
      winston.format.json(),
    ),
    transports: [new winston.transports.Console()],
  });
}

/** Writes out what is buffered; standard output is asynchronous where it is a pipe. */
export function closeLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    logger.once('finish', () => {
      if (process.stdout.writableLength === 0) resolve();
      else process.stdout.once('drain', resolve);
    });
    logger.end();
  });
}
