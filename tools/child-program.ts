import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProgramOptions {
  /** In errors, in place of the command. */
  readonly name?: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** File that gets all it prints, one run after another; without it the lines are kept in memory. */
  readonly log?: string;
  /**
   * A process group of its own, which is killed as a whole. Ctrl-C in a terminal does not reach it.
   */
  readonly ownGroup?: boolean;
}

export interface ReadyOptions {
  readonly timeoutMs: number;
  /** Ends the wait; the process lives on. */
  readonly signal?: AbortSignal;
}

const STOP_TIMEOUT_MS = 60_000;
const LINE_TIMEOUT_MS = 60_000;
const ASK_EVERY_MS = 20;
const TAIL_LINES = 40;

/** A program in a process of its own: its lines are events, its end is a promise. */
export class ChildProgram {
  /** Lines of standard output and standard error, in the order in which they came. */
  readonly lines: string[] = [];
  /** Rejects where the program cannot be started. */
  readonly exited: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter();
  #end: ProcessEnd | undefined;

  constructor(readonly options: ProgramOptions) {
    this.#events.setMaxListeners(0);
    this.#child = spawnProgram(options);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        this.#events.emit('line', line);
      });
    }
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', (error) => {
        this.#end = { code: null, signal: null };
        this.#events.emit('end');
        reject(new Error(`${options.command} could not be started: ${error.message}`));
      });
      // `close` and not `exit`: by then its last lines have been read.
      this.#child.once('close', (code, signal) => {
        this.#end = { code, signal };
        this.#events.emit('end');
        resolve(this.#end);
      });
    });
    this.exited.catch(() => undefined);
  }

  /** @throws Error where it could not be started */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.options.command} is not running`);
    return pid;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** All that it printed. */
  get text(): string {
    const { log } = this.options;
    return log === undefined ? this.lines.join('\n') : readFileSync(log, 'utf8');
  }

  /** The last lines of what it printed. */
  get tail(): string {
    return this.text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.hasEnded) this.#child.kill(signal);
  }

  /** Ends it at once, and all that it started where it has a group of its own. */
  kill(): void {
    if (this.options.ownGroup !== true) {
      this.signal('SIGKILL');
      return;
    }
    try {
      if (!this.hasEnded) process.kill(-this.pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }

  /**
   * Asks it to end and kills it where it does not in time.
   *
   * @returns false where it had to be killed
   */
  async stop(timeoutMs = STOP_TIMEOUT_MS, signal: NodeJS.Signals = 'SIGTERM'): Promise<boolean> {
    let isInTime = true;
    const timer = setTimeout(() => {
      isInTime = false;
      this.kill();
    }, timeoutMs);
    this.signal('SIGCONT');
    this.signal(signal);
    await this.exited.catch(() => undefined);
    clearTimeout(timer);
    return isInTime;
  }

  /** As `stop`. @throws Error with what it printed where it had to be killed */
  async end(signal: NodeJS.Signals = 'SIGTERM', timeoutMs = STOP_TIMEOUT_MS): Promise<ProcessEnd> {
    if (!(await this.stop(timeoutMs, signal))) {
      throw new Error(`no end within ${timeoutMs} ms of ${signal}:\n${this.tail}`);
    }
    return this.exited;
  }

  /**
   * Waits until it can be used; it is asked again until then, and an error counts as not yet.
   *
   * @throws Error with the end of what it printed where it ends or is not ready in time
   */
  async whenReady(isReady: () => Promise<boolean>, options: ReadyOptions): Promise<void> {
    const { timeoutMs, signal } = options;
    const deadline = performance.now() + timeoutMs;
    let last = '';
    const ask = (): Promise<boolean> =>
      isReady().catch((error: unknown) => {
        last = ` (${String(error)})`;
        return false;
      });
    while (!(await ask())) {
      signal?.throwIfAborted();
      if (this.hasEnded) break;
      if (performance.now() > deadline) {
        throw this.#failure(`was not ready within ${timeoutMs / 1000} s${last}`);
      }
      await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
    // What answered may be a stranger on the same port.
    if (this.hasEnded) throw this.#failure(describeEnd(await this.exited));
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
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.#events.off('line', onLine);
        this.#events.off('end', onEnd);
        act();
      };
      const onLine = (line: string): void => {
        if (matches(line)) finish(() => resolve(line));
      };
      const onEnd = (): void =>
        finish(() => {
          const early = (end: ProcessEnd): Error =>
            new Error(`it ${describeEnd(end)} first:\n${this.text}`);
          this.exited.then((end) => reject(early(end)), reject);
        });
      const timer = setTimeout(() => {
        finish(() => reject(new Error(`no such line within ${timeoutMs} ms:\n${this.text}`)));
      }, timeoutMs);
      this.#events.on('line', onLine);
      this.#events.on('end', onEnd);
      if (this.hasEnded) onEnd();
    });
  }

  #failure(what: string): Error {
    const { name, command, log = 'what it printed' } = this.options;
    return new Error(`${name ?? command} ${what}; the end of ${log}:\n${this.tail}`);
  }
}

export function describeEnd({ code, signal }: ProcessEnd): string {
  return signal === null ? `ended with exit code ${code ?? -1}` : `ended by ${signal}`;
}

function spawnProgram({ command, args, env, cwd, log, ownGroup }: ProgramOptions): ChildProcess {
  const out = log === undefined ? ('pipe' as const) : openSync(log, 'a');
  const child = spawn(command, args, {
    stdio: ['ignore', out, out],
    env,
    ...(cwd === undefined ? {} : { cwd }),
    ...(ownGroup === true ? { detached: true } : {}),
  });
  if (typeof out === 'number') closeSync(out);
  return child;
}
