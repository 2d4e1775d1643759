import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

// Generous: on a busy machine a start that takes a second elsewhere may take twenty.
const EXIT_TIMEOUT_MS = 60_000;
const LINE_TIMEOUT_MS = 60_000;

const running = new Set<TestProcess>();

// Whatever a test file started ends with it, also where a test failed half-way.
afterAll(async () => {
  await Promise.all([...running].map((one) => one.end('SIGKILL')));
});
process.on('exit', () => {
  for (const one of running) one.signal('SIGKILL');
});

/** A real process that a test started: its lines of output are events, its end is a promise. */
export class TestProcess {
  /** Lines of standard output and standard error, in the order in which they came. */
  readonly lines: string[] = [];
  readonly exited: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter();
  #end: ProcessEnd | undefined;

  constructor(readonly options: ProcessOptions) {
    this.#events.setMaxListeners(0);
    const child = spawn(options.command, [...options.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    this.#child = child;
    running.add(this);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#events.emit('line', line);
      });
    }
    this.exited = new Promise((resolve, reject) => {
      child.once('error', (error) => {
        running.delete(this);
        reject(new Error(`${options.command} cannot be started: ${error.message}`));
      });
      // `close` and not `exit`: by then its last lines have been read.
      child.once('close', (code, signal) => {
        running.delete(this);
        this.#end = { code, signal };
        this.#events.emit('end');
        resolve(this.#end);
      });
    });
    this.exited.catch(() => undefined);
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.options.command} is not running`);
    return pid;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#end === undefined) this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end; a process that outlives the wait is killed. */
  async end(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = EXIT_TIMEOUT_MS): Promise<ProcessEnd> {
    if (this.#end !== undefined) return this.#end;
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new Error(`no end within ${timeoutMs} ms of ${signal}:\n${this.text}`));
      this.signal('SIGKILL');
    }, timeoutMs);
    this.signal('SIGCONT');
    this.signal(signal);
    const end = await this.exited;
    clearTimeout(timer);
    late.signal.throwIfAborted();
    return end;
  }

  /**
   * The first line that satisfies `matches`, past or future.
   *
   * @param from lines before this index are not looked at
   */
  line(matches: (line: string) => boolean, from = 0, timeoutMs = LINE_TIMEOUT_MS): Promise<string> {
    return new Promise((resolve, reject) => {
      const known = this.lines.slice(from).find(matches);
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#events.off('line', onLine);
        this.#events.off('end', onEnd);
        act();
      };
      const onLine = (line: string): void => {
        if (matches(line)) settle(() => resolve(line));
      };
      const onEnd = (): void => settle(() => reject(new Error(`it ended first:\n${this.text}`)));
      const timer = setTimeout(() => {
        settle(() => reject(new Error(`no such line within ${timeoutMs} ms:\n${this.text}`)));
      }, timeoutMs);
      this.#events.on('line', onLine);
      this.#events.on('end', onEnd);
      if (this.#end !== undefined) onEnd();
    });
  }
}
