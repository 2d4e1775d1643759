import winston from 'winston';
import { describeError, type Redact } from './redact.js';

export type Logger = winston.Logger;

export interface LoggerOptions {
  readonly level: string;
  /** Which process writes: `primary` or a worker's slot. */
  readonly process: string;
  /** Told each line that is written. */
  readonly onWritten: (level: string) => void;
  /** Told each line that is thrown away because nobody reads standard output. */
  readonly onDropped: (level: string) => void;
  /** For texts of errors, which regno did not write itself. */
  readonly redact: Redact;
}

/** Where standard output is a pipe that nobody empties, lines wait in memory: up to here. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/**
 * One JSON object a line on standard output: `timestamp`, `level`, `message`, `process`, and what
 * the line is about. An error under `error` keeps its name, code, stack and causes.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { onWritten, onDropped, redact } = options;
  // Whoever read the log is gone: that is no reason to stop serving, nor one to write on, as each line
  // would be one more fault, and a fault is logged.
  let isBroken = false;
  process.stdout.on('error', () => {
    isBroken = true;
  });
  const bound = winston.format((info) => {
    if (isBroken || process.stdout.writableLength > UNREAD_BYTES_MAX) {
      onDropped(info.level);
      return false;
    }
    onWritten(info.level);
    // An Error has no enumerable properties: left as it is, it would be written as {}.
    if (info['error'] instanceof Error) info['error'] = describeError(info['error'], redact);
    return info;
  });
  return winston.createLogger({
    level: options.level,
    defaultMeta: { process: options.process },
    format: winston.format.combine(bound(), winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Console()],
  });
}

/** Longest that a stop waits for a reader of standard output. */
const CLOSE_TIMEOUT_MS = 1000;

/** Writes out what is buffered; standard output is asynchronous where it is a pipe. */
export function closeLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    logger.once('finish', () => {
      if (process.stdout.writableLength === 0) done();
      else process.stdout.once('drain', done);
    });
    logger.end();
  });
}
