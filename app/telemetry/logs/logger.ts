import winston from 'winston';
import { describeError, type Redact } from './redact.js';

export type Logger = winston.Logger;

export interface LoggerOptions {
  readonly level: string;
  /** Which process writes: `primary` or a worker's slot. */
  readonly process: string;
  /** Called for each line that is written. */
  readonly onWritten: (level: string) => void;
  /** Called for each line that is thrown away because standard output does not take it. */
  readonly onDropped: (level: string) => void;
  /** For texts of errors, which regno did not write itself. */
  readonly redact: Redact;
}

/** Where standard output is a pipe that nobody empties, lines wait in memory: up to here. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** After a write that failed, lines are dropped for so long before one is tried again. */
const RETRY_MS = 1000;
/** Under which winston keeps a line as it is to be written. */
const MESSAGE = Symbol.for('message');

/**
 * One JSON object a line on standard output: `timestamp`, `level`, `message`, `process`, and what
 * the line is about. An error under `error` keeps its name, code, stack and causes.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { onWritten, onDropped, redact } = options;
  let silentUntil = 0;
  /** Whether the last line may have been written in part. */
  let isCut = false;
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // A disk that is full may take lines again. Whoever read a pipe is gone for good: that is no
    // reason to stop serving, nor one to write on, as each line would be one more fault.
    silentUntil = code === 'EPIPE' ? Infinity : performance.now() + RETRY_MS;
    isCut = true;
  });
  const bound = winston.format((info) => {
    if (process.stdout.writableLength > UNREAD_BYTES_MAX || performance.now() < silentUntil) {
      onDropped(info.level);
      return false;
    }
    // An Error has no enumerable properties: left as it is, it would be written as {}.
    if (info['error'] instanceof Error) info['error'] = describeError(info['error'], redact);
    return info;
  });
  // In place of winston's own, which does not ask whether a line was written.
  const log = (info: winston.LogEntry & { [MESSAGE]?: string }, next: () => void): void => {
    const line = `${isCut ? '\n' : ''}${info[MESSAGE]}\n`;
    isCut = false;
    process.stdout.write(line, (error) => (error ? onDropped : onWritten)(info.level));
    next();
  };
  return winston.createLogger({
    level: options.level,
    defaultMeta: { process: options.process },
    format: winston.format.combine(bound(), winston.format.timestamp(), winston.format.json()),
    transports: [new winston.transports.Console({ log })],
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
    // Writes are carried out in their order.
    logger.once('finish', () => process.stdout.write('', done));
    logger.end();
  });
}
